internal import StrongroomCrypto

extension ArraySlice<UInt8> {
    /// Overwrites bytes that nobody else refers to, and lets go of them.
    mutating func wipe() {
        var span = mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        raw.wipe()
        self = []
    }
}

/// Plaintext that waits to be sealed. It leaves no copy behind in freed memory, where a core dump would
/// show it: neither when it grows nor when it goes.
final class PlaintextBuffer {
    private(set) var bytes: [UInt8] = []

    init(reservingBytes: Int) { bytes.reserveCapacity(reservingBytes) }

    deinit { bytes.wipeTail(from: 0) }

    func append(_ slice: ArraySlice<UInt8>) {
        if bytes.count + slice.count > bytes.capacity {
            var larger: [UInt8] = []
            larger.reserveCapacity(max(2 * bytes.capacity, bytes.count + slice.count))
            larger.append(contentsOf: bytes)
            bytes.wipeTail(from: 0)
            bytes = larger
        }
        bytes.append(contentsOf: slice)
    }

    func md5() throws(StoreError) -> [UInt8] {
        let bytes = bytes
        do throws(SealError) {
            // Safe: a UInt8 is raw bytes.
            return try Digest.hash(.md5, unsafe bytes.span.bytes)
        } catch {
            throw StoreError(error)
        }
    }
}
