internal import CStrongroomShims

/// CRC-32C (Castagnoli, RFC 3720): guards frames and headers against damage, never against malice.
package enum CRC32C {
    /// The checksum of `bytes`, continuing from `previous` (0 at the start).
    package static func checksum(_ bytes: RawSpan, continuing previous: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { buffer in
            // Safe: the span outlives the call and C reads within its bounds only.
            unsafe strongroom_crc32c(previous, buffer.baseAddress, buffer.count)
        }
    }
}
