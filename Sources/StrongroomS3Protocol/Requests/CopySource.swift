internal import Strongroom
internal import StrongroomSignature

/// What a request copies from: the header `x-amz-copy-source`.
package struct CopySource: Sendable, Equatable {
    package var target: RequestTarget
    package var versionID: String?

    /// Decoded once. What is decided on is what is read: nobody decodes it again.
    ///
    /// - Throws: `InvalidArgument`.
    package init(_ headers: RequestHeaders) throws(S3Error) {
        let name = "x-amz-copy-source"
        guard let text = try headers.single(name) else {
            throw .invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
        }
        var path = Substring(text)
        if let mark = path.lastIndex(of: "?") {
            let parameter = path[path.index(after: mark)...]
            guard parameter.hasPrefix("versionId=") else {
                throw .invalidArgument("Unknown parameter of the copy source", name: name)
            }
            versionID = String(parameter.dropFirst("versionId=".count))
            path = path[..<mark]
        }
        guard let decoded = URIEncoding.decode(path) else {
            throw .invalidArgument("Copy Source must be URL-encoded", name: name)
        }
        target = RequestTarget(path: decoded, host: "", domains: [])
        guard target.bucket?.isEmpty == false, target.key != nil else {
            throw .invalidArgument(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", name: name)
        }
        guard target.bucket?.hasPrefix("arn:") == false else { throw .notImplemented("access points as copy sources") }
    }
}
