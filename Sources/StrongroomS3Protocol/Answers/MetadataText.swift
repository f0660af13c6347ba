internal import StrongroomCrypto

/// User metadata in headers of answers.
enum MetadataText {
    /// The value as it is where it is ASCII, else as RFC 2047 encodes it, which is what S3 does.
    static func header(_ value: String) -> String {
        if value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return value }
        return "=?UTF-8?B?\(PaddedBase64.encode(Array(value.utf8)))?="
    }
}
