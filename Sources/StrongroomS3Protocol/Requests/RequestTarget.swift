internal import Strongroom

/// The bucket and the key that a request is about.
package struct RequestTarget: Sendable, Equatable {
    /// As it was asked for; it may be no valid name.
    package var bucket: String?
    /// Decoded, without the slash before it; nil where a bucket alone is meant.
    package var key: String?

    /// - Parameters:
    ///   - path: decoded, with its leading slash. Nothing in it is resolved: `//` and `..` are parts of keys.
    ///   - host: the request's host, with or without a port.
    ///   - domains: names whose subdomains are buckets (virtual-host style); in any order.
    package init(path: String, host: String, domains: [String]) {
        let path = path.utf8.first == UInt8(ascii: "/") ? Substring(path.utf8.dropFirst()) : Substring(path)
        let name = domains.isEmpty ? "" : Self.withoutPort(host).lowercased()
        for domain in domains.map({ $0.lowercased() }) where name.hasSuffix("." + domain) {
            let bucket = String(name.dropLast(domain.count + 1))
            // Nobody's bucket is named like an address.
            guard !bucket.isEmpty else { continue }
            (self.bucket, key) = (bucket, path.isEmpty ? nil : String(path))
            return
        }
        guard !path.isEmpty else { return }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        bucket = String(Substring(parts[0]))
        if parts.count == 2, !parts[1].isEmpty { key = String(Substring(parts[1])) }
    }

    /// As bytes: two texts that only look the same are two keys.
    package static func == (left: RequestTarget, right: RequestTarget) -> Bool {
        left.bucket.map { Array($0.utf8) } == right.bucket.map { Array($0.utf8) }
            && left.key.map { Array($0.utf8) } == right.key.map { Array($0.utf8) }
    }

    init(bucket: String?, key: String?) { (self.bucket, self.key) = (bucket, key) }

    /// `[::1]:8443` and `localhost:8443` without the port.
    private static func withoutPort(_ host: String) -> String {
        guard let colon = host.utf8.lastIndex(of: UInt8(ascii: ":")) else { return host }
        // An IPv6 address without a port ends with its bracket.
        if let bracket = host.utf8.lastIndex(of: UInt8(ascii: "]")), bracket > colon { return host }
        return String(host[..<colon])
    }

    /// - Throws: `InvalidBucketName`.
    func bucketName() throws(S3Error) -> BucketName {
        do throws(StoreError) {
            return try BucketName(bucket ?? "")
        } catch {
            throw S3Error(
                400, "InvalidBucketName", "The specified bucket is not valid.",
                details: [.init(name: "BucketName", value: String((bucket ?? "").prefix(255)))])
        }
    }

    /// - Throws: `KeyTooLongError`.
    func objectKey() throws(S3Error) -> ObjectKey { try Self.objectKey(key ?? "") }

    static func objectKey(_ text: String) throws(S3Error) -> ObjectKey {
        do throws(StoreError) {
            return try ObjectKey(text)
        } catch {
            guard text.utf8.count > ObjectKey.lengthBytes.upperBound else { throw S3Error(error) }
            throw S3Error(
                400, "KeyTooLongError", "Your key is too long",
                details: [
                    .init(name: "MaxSizeAllowed", value: "\(ObjectKey.lengthBytes.upperBound)"),
                    .init(name: "Size", value: "\(text.utf8.count)"),
                ])
        }
    }
}
