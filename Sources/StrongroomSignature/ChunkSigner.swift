package import StrongroomCrypto

/// The chain of signatures over the chunks of a body: each covers the one before it, the first the request's own
/// (Amazon S3 API Reference, "Signature calculations: transferring a payload in multiple chunks").
///
///     chunk    AWS4-HMAC-SHA256-PAYLOAD \n time \n scope \n signature before \n SHA-256("") \n SHA-256(chunk)
///     trailer  AWS4-HMAC-SHA256-TRAILER \n time \n scope \n signature before \n SHA-256("name:value\n" …)
package struct ChunkSigner: Sendable {
    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private let key: SigningKey
    private let time: SigningTime
    /// The signature before.
    private var previous: String

    /// - Parameter seed: the signature of the request, which has been checked.
    package init(_ key: SigningKey, at time: SigningTime, seed: String) {
        (self.key, self.time, previous) = (key, time, seed)
    }

    /// The next chunk's signature, from the hash of its bytes in hexadecimal.
    package mutating func next(chunkHash: String) throws(SealError) -> String {
        try sign("AWS4-HMAC-SHA256-PAYLOAD", "\(Self.emptyHash)\n\(chunkHash)")
    }

    /// The trailer's signature, from the hash of its lines in hexadecimal.
    package mutating func trailer(hash: String) throws(SealError) -> String {
        try sign("AWS4-HMAC-SHA256-TRAILER", hash)
    }

    private mutating func sign(_ algorithm: String, _ hashes: String) throws(SealError) -> String {
        previous = try key.signature(
            ofText: "\(algorithm)\n\(time.text)\n\(key.scope.text)\n\(previous)\n\(hashes)")
        return previous
    }
}
