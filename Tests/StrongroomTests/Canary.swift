import Glibc
import StrongroomCrypto

/// Bytes to look for. Kept inverted, so that a search of this process's memory does not find the needle.
struct Canary {
    private let inverted: [UInt8]

    /// 64 bytes that exist nowhere but where a test puts them.
    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        inverted = generator.bytes(64)
    }

    init(_ secret: borrowing SecretBytes) throws {
        inverted = try secret.withBytes { bytes in
            (0..<bytes.byteCount).map { ~(unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self)) }
        }
    }

    /// Owned by the caller, who wipes it.
    var bytes: [UInt8] { inverted.map { ~$0 } }

    func isIn(_ haystack: [UInt8]) -> Bool { unsafe haystack.withUnsafeBytes { unsafe isIn($0) } }

    func isIn(_ haystack: UnsafeRawBufferPointer) -> Bool {
        guard haystack.count >= inverted.count, let base = haystack.baseAddress else { return false }
        let first = Int32(~inverted[0])
        let last = haystack.count - inverted.count
        var start = 0
        while start <= last {
            // Most of a process's memory is passed over at the library's speed, not at that of a debug build.
            guard let found = unsafe memchr(base + start, first, last - start + 1) else { return false }
            start = unsafe UnsafeRawPointer(found) - base
            var index = 1
            while index < inverted.count, unsafe haystack[start + index] == ~inverted[index] { index += 1 }
            if index == inverted.count { return true }
            start += 1
        }
        return false
    }
}
