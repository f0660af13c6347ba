/// The ETag of an object in parts, as S3 makes it where no key of the client's or of KMS is in play: the
/// MD5 of the parts' MD5s, one after the other, and the number of parts.
package struct MultipartETag: Sendable, Hashable {
    package static let partDigestSizeBytes = 16

    package let digest: [UInt8]
    package let partCount: Int

    /// Throws `cryptoFailure` where the library does not allow MD5. Traps where there are no parts, or one
    /// of the digests is no MD5.
    package init(partMD5s: [[UInt8]]) throws(SealError) {
        precondition(!partMD5s.isEmpty, "no parts")
        var md5 = try Digest(.md5)
        for part in partMD5s {
            precondition(part.count == Self.partDigestSizeBytes, "\(part.count) bytes are no MD5")
            // Safe: a UInt8 is raw bytes.
            md5.update(unsafe part.span.bytes)
        }
        digest = md5.finish()
        partCount = partMD5s.count
    }

    /// Lower-case hexadecimal digits, a hyphen, the number of parts; without quotes.
    package var text: String {
        let digits = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return "\(digits.joined())-\(partCount)"
    }
}
