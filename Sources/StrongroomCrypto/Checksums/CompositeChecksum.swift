/// The checksum of an object in parts that is made of the parts' own checksums: the same function over
/// all of them, one after the other (Amazon S3 User Guide, "Checking object integrity").
package struct CompositeChecksum: Sendable, Hashable {
    package let algorithm: ChecksumAlgorithm
    package let digest: [UInt8]
    package let partCount: Int

    /// Throws `cryptoFailure` where the library does not allow the algorithm. Traps where S3 composes none
    /// of it, there are no parts, or a digest is not of the algorithm's size.
    package init(_ algorithm: ChecksumAlgorithm, partDigests: [[UInt8]]) throws(SealError) {
        precondition(algorithm.allows(.composite, multipart: true), "\(algorithm.name) is never composed")
        precondition(!partDigests.isEmpty, "no parts")
        var hasher = try ChecksumHasher(algorithm)
        for part in partDigests {
            precondition(part.count == algorithm.digestSizeBytes, "\(part.count) bytes are no \(algorithm.name)")
            // Safe: a UInt8 is raw bytes.
            hasher.update(unsafe part.span.bytes)
        }
        self.algorithm = algorithm
        digest = hasher.finish()
        partCount = partDigests.count
    }

    /// As S3 writes it: base64, a hyphen, the number of parts.
    package var text: String { "\(PaddedBase64.encode(digest))-\(partCount)" }
}
