internal import StrongroomSystem

extension [UInt8] {
    /// CRC-32C of the first `count` bytes.
    func checksum(ofFirst count: Int) -> UInt32 {
        // Safe: a UInt8 has no padding that could be read uninitialised.
        unsafe CRC32C.checksum(span.bytes.extracting(first: count))
    }

    var checksum: UInt32 { checksum(ofFirst: count) }
}
