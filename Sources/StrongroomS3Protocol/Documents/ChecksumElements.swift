internal import Strongroom

extension [ObjectChecksum] {
    /// As documents show them, with their type.
    var documentElements: [DocumentElement] {
        map { DocumentElement("Checksum" + $0.algorithm.description, text: $0.base64) } + typeElements
    }

    /// As GetObjectAttributes shows them: without the number of parts, which it says elsewhere.
    var attributeElements: [DocumentElement] {
        map { checksum in
            let text = checksum.base64.prefix { $0 != "-" }
            return DocumentElement("Checksum" + checksum.algorithm.description, text: String(text))
        } + typeElements
    }

    /// As listings name them: what there is, and not what it is.
    var kindElements: [DocumentElement] {
        map { DocumentElement("ChecksumAlgorithm", text: $0.algorithm.description) } + typeElements
    }

    private var typeElements: [DocumentElement] {
        guard let first else { return [] }
        return [
            DocumentElement("ChecksumType", text: first.compositePartCount == nil ? "FULL_OBJECT" : "COMPOSITE")
        ]
    }
}
