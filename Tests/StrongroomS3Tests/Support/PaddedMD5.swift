import StrongroomCrypto

/// The header that vouches for a document.
enum PaddedMD5 {
    static func header(_ bytes: [UInt8]) -> (name: String, value: String) {
        // Safe: a UInt8 is raw bytes.
        let digest = (try? Digest.hash(.md5, unsafe bytes.span.bytes)) ?? []
        return ("content-md5", PaddedBase64.encode(digest))
    }
}
