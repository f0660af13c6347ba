internal import Foundation
internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomSignature

/// An object that a browser uploads by an HTML form: what the form says, turned into a put.
struct FormUpload: Sendable {
    var fields: [String: String]
    var key: String
    var headers: RequestHeaders
    var lengthBytes: ClosedRange<UInt64>?

    /// Fields that are headers of a put.
    private static let headerNames: Set<String> = [
        "cache-control", "content-type", "content-disposition", "content-encoding", "content-language", "expires",
    ]

    /// - Parameters:
    ///   - list: the fields before the file.
    ///   - fileName: what stands for `${filename}` in the key.
    /// - Throws: `InvalidArgument`, `MalformedXML` for tags that are none.
    init(_ list: [(name: String, value: String)], fileName: String?, _ request: RequestHeaders) throws(S3Error) {
        var fields: [String: String] = [:]
        for (name, value) in list {
            guard fields.updateValue(value, forKey: name) == nil else {
                throw .invalidArgument("The form has the field \(name.prefix(128)) more than once.", name: name)
            }
        }
        guard let key = fields["key"], !key.isEmpty else {
            throw .invalidArgument("Bucket POST must contain a field named 'key'.", name: "key")
        }
        // Browsers of old send the whole path.
        let file = (fileName ?? "").split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
        self.key = key.replacing("${filename}", with: file)
        self.fields = fields
        var kept = request.fields.filter { Self.keptHeaders.contains($0.name) }
        for (name, value) in list {
            guard !Self.isOfCopies(name) else {
                throw .invalidArgument("The form has the field \(name.prefix(128)), which is for copies.", name: name)
            }
            if name == "acl" { kept.append(("x-amz-acl", value)) }
            if Self.headerNames.contains(name) || name.hasPrefix("x-amz-") && !Self.isCredential(name) {
                kept.append((name, value))
            }
        }
        if let tags = fields["tagging"] {
            let text = try TagDocument.tags(try DocumentReader.read(Array(tags.utf8), root: "Tagging"))
                .map { "\(URIEncoding.encode($0.key))=\(URIEncoding.encode($0.value))" }
            kept.append(("x-amz-tagging", text.joined(separator: "&")))
        }
        headers = RequestHeaders(kept)
    }

    /// Of the request itself.
    private static let keptHeaders: Set<String> = ["host", "origin", "referer", "user-agent"]

    /// Policies ask for these where they allow copies alone.
    private static func isOfCopies(_ name: String) -> Bool {
        name.hasPrefix("x-amz-copy-source") || name.hasPrefix("x-amz-") && name.hasSuffix("-directive")
    }

    private static func isCredential(_ name: String) -> Bool {
        ["x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm", "x-amz-security-token"].contains(name)
    }

    /// What the client gets for a put that has been done.
    func answer(_ put: S3Answer, bucket: String, location: String) throws(S3Error) -> S3Answer {
        var answer = put
        let etag = put.headers.fields.first { $0.name == "etag" }?.value ?? ""
        answer.headers.set("location", location)
        if let target = fields["success_action_redirect"] ?? fields["redirect"],
            let redirect = redirect(target, bucket, etag)
        {
            answer.status = 303
            answer.headers.set("location", redirect)
            return answer
        }
        switch fields["success_action_status"] {
        case "200": answer.status = 200
        case "201":
            answer.status = 201
            answer.headers.set("content-type", "application/xml")
            answer.body = .bytes(
                try DocumentWriter.bytes(
                    DocumentElement(
                        "PostResponse",
                        [
                            DocumentElement("Location", text: location), DocumentElement("Bucket", text: bucket),
                            DocumentElement("Key", text: XMLText.writable(key)), DocumentElement("ETag", text: etag),
                        ])))
        default: answer.status = 204
        }
        return answer
    }

    /// Nil for what is no address: then the answer is as if there were none, as on AWS.
    private func redirect(_ target: String, _ bucket: String, _ etag: String) -> String? {
        guard let url = URL(string: target), url.scheme == "http" || url.scheme == "https",
            target.utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
        else { return nil }
        let parameters = [("bucket", bucket), ("key", key), ("etag", etag)]
            .map { "\($0.0)=\(URIEncoding.encode($0.1))" }.joined(separator: "&")
        return target + (target.contains("?") ? "&" : "?") + parameters
    }
}

/// The file of a form as it comes, held against the length that the policy allows.
final class FormFile {
    private let reader: FormReader
    private let lengthBytes: ClosedRange<UInt64>?
    private var receivedBytes: UInt64 = 0

    init(_ reader: FormReader, _ lengthBytes: ClosedRange<UInt64>?) {
        (self.reader, self.lengthBytes) = (reader, lengthBytes)
    }

    func next() async throws(S3Error) -> ArraySlice<UInt8>? {
        guard let slice = try await reader.nextOfFile() else {
            guard let least = lengthBytes?.lowerBound, receivedBytes < least else { return nil }
            throw S3Error(
                400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
                details: [.init(name: "ProposedSize", value: "\(receivedBytes)")])
        }
        receivedBytes += UInt64(slice.count)
        if let most = lengthBytes?.upperBound, receivedBytes > most {
            throw S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        }
        return slice
    }
}
