internal import COpenSSL

/// Comparisons whose duration tells nothing about the contents.
public enum ConstantTime {
    /// Whether both spans hold the same bytes, in a time that depends on their sizes alone.
    public static func areEqual(_ left: RawSpan, _ right: RawSpan) -> Bool {
        guard left.byteCount == right.byteCount else { return false }
        if left.isEmpty { return true }
        return unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                // Safe: both buffers outlive the call and have the same, non-zero size.
                unsafe CRYPTO_memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
            }
        }
    }
}
