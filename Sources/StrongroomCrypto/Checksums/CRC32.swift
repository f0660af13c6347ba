internal import CStrongroomShims

/// CRC-32 (IEEE 802.3, RFC 1952; zlib's): a client's checksum of an object, against damage, never
/// against malice.
package enum CRC32 {
    /// The checksum of `bytes`, continuing from `previous` (0 at the start).
    package static func checksum(_ bytes: RawSpan, continuing previous: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { buffer in
            // Safe: the span outlives the call and C reads within its bounds only.
            unsafe strongroom_crc32(previous, buffer.baseAddress, buffer.count)
        }
    }
}
