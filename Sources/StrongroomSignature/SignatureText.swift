internal import StrongroomCrypto

/// Signatures as text.
enum SignatureText {
    /// Whether both are the same, in time that does not depend on where they differ.
    static func areEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        // Safe: a UInt8 is raw bytes.
        return ConstantTime.areEqual(unsafe left.span.bytes, unsafe right.span.bytes)
    }
}
