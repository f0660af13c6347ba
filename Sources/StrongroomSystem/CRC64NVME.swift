internal import CStrongroomShims

/// CRC-64/NVME (NVM Express; S3's default object checksum): guards payloads against damage, never
/// against malice.
package enum CRC64NVME {
    /// The checksum of `bytes`, continuing from `previous` (0 at the start).
    package static func checksum(_ bytes: RawSpan, continuing previous: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { buffer in
            // Safe: the span outlives the call and C reads within its bounds only.
            unsafe strongroom_crc64nvme(previous, buffer.baseAddress, buffer.count)
        }
    }
}
