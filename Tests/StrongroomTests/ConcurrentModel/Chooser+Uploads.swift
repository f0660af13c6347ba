@testable import Strongroom

extension Chooser {
    mutating func upload() -> any Step {
        guard knowledge.uploadCount > 8 || !isChosen(3), let upload = knowledge.upload(number(1 << 20)) else {
            let place = place()
            var options = putOptions(in: place.bucket)
            let encryption = encryption()
            options.encryption = encryption.request
            return CreateUploadStep(place: place, options: options, presented: encryption.presented)
        }
        switch number(20) {
        case 0..<9: return part(of: upload, .bytes(content()))
        case 9..<12:
            var source = read()
            source.part = .bytes(range())
            return part(of: upload, .copy(source))
        case 12..<16: return complete(upload)
        case 16: return AbortUploadStep(place: upload.place, upload: upload.id)
        case 17: return ListUploadsStep(bucket: bucket(), prefix: isChosen(2) ? "" : "a", limit: 1 + number(20))
        default:
            return ListPartsStep(place: upload.place, upload: upload.id, after: number(3), limit: 1 + number(4))
        }
    }

    private mutating func part(of upload: Knowledge.Upload, _ body: PartStep.Body) -> PartStep {
        PartStep(
            place: upload.place, upload: upload.id, number: 1 + number(4), body: body,
            presented: presented(for: upload.customerKey))
    }

    /// Mostly what was uploaded, as far as it is known; sometimes less, nothing, out of order, or another's.
    private mutating func complete(_ upload: Knowledge.Upload) -> CompleteStep {
        var list = upload.parts.values.sorted { $0.number < $1.number }.map(CompletedPart.init)
        if isChosen(3), !list.isEmpty { list.remove(at: number(list.count)) }
        if isChosen(12) { list.reverse() }
        if isChosen(12), !list.isEmpty { list[0].etag = version()?.etag ?? "none" }
        return CompleteStep(
            place: upload.place, upload: upload.id, parts: list, condition: condition(),
            presented: needlessKey())
    }
}
