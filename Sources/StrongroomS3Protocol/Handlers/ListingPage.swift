internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomSignature

/// What the query of a listing asks for.
struct ListingPage: Sendable {
    var prefix: String
    var delimiter: String?
    /// At most so many keys and prefixes; more than S3 gives is as much as S3 gives.
    var limit: Int
    /// Whether names are percent-encoded in the answer, for those that XML cannot hold.
    var encodesNames: Bool

    init(_ query: RequestQuery, limit name: String = "max-keys") throws(S3Error) {
        prefix = try query.single("prefix") ?? ""
        let delimiter = try query.single("delimiter")
        self.delimiter = delimiter?.isEmpty == true ? nil : delimiter
        let wanted = try query.number(name, in: 0...Int(Int32.max))
        limit = min(wanted ?? ListOptions.limitMaximum, ListOptions.limitMaximum)
        switch try query.single("encoding-type") {
        case nil: encodesNames = false
        case "url": encodesNames = true
        case let other?:
            throw .invalidArgument("Invalid Encoding Method specified in Request", name: "encoding-type", value: other)
        }
    }

    /// An element whose text is a name, or a part of one.
    func element(_ name: String, _ text: String) -> DocumentElement {
        DocumentElement(name, text: encodesNames ? URIEncoding.encode(text, keepsSlash: true) : text)
    }

    var encodingElement: DocumentElement? {
        encodesNames ? DocumentElement("EncodingType", text: "url") : nil
    }

    func commonPrefixes(_ prefixes: [String]) -> [DocumentElement] {
        prefixes.map { DocumentElement("CommonPrefixes", [element("Prefix", $0)]) }
    }

    /// Whether a marker is a common prefix of this listing: then the listing goes on behind all that it stands for.
    func isCommonPrefix(_ marker: String) -> Bool {
        // By bytes, as the store has keys: an accent may belong to the letter that a prefix ends with.
        guard let delimiter, marker.utf8.starts(with: prefix.utf8) else { return false }
        return marker.utf8.dropFirst(prefix.utf8.count).suffix(delimiter.utf8.count).elementsEqual(delimiter.utf8)
    }

    /// What a key is rolled up into; nil where it stands for itself.
    func commonPrefix(of key: String) -> String? {
        guard let delimiter = delimiter?.utf8 else { return nil }
        var rest = key.utf8.dropFirst(prefix.utf8.count)
        while !rest.starts(with: delimiter) {
            guard rest.popFirst() != nil else { return nil }
        }
        return String(Substring(key.utf8[..<rest.dropFirst(delimiter.count).startIndex]))
    }
}

/// Where a listing goes on, as text that means nothing to clients.
enum ContinuationToken {
    static func encoded(_ continuation: ListContinuation) -> String { PaddedBase64.encode(continuation.lowerBound) }

    static func decoded(_ text: String) throws(S3Error) -> ListContinuation {
        guard let bytes = PaddedBase64.decode(text) else {
            throw .invalidArgument("The continuation token provided is incorrect", name: "continuation-token")
        }
        return ListContinuation(lowerBound: bytes)
    }
}
