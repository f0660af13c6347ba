internal import COpenSSL

/// The beginning of a chunk of which more is to come. Wiped when it goes.
@safe final class PendingChunk {
    let capacity: Int
    private(set) var count = 0
    /// Made with the first byte: many streams never hold anything back.
    private var buffer: UnsafeMutableRawBufferPointer?

    init(capacity: Int) {
        self.capacity = capacity
    }

    deinit {
        removeAll()
        // Safe: nobody else has the buffer.
        unsafe buffer?.deallocate()
    }

    var isFull: Bool { count == capacity }

    /// Takes as many bytes as there is room for, and says how many.
    func fill(from bytes: RawSpan) -> Int {
        let taken = min(bytes.byteCount, capacity - count)
        if taken == 0 { return 0 }
        let buffer = unsafe self.buffer ?? .allocate(byteCount: capacity, alignment: 16)
        unsafe self.buffer = buffer
        unsafe bytes.withUnsafeBytes { bytes in
            // Safe: `taken` bytes are there, and there is room for them.
            unsafe (buffer.baseAddress! + count).copyMemory(from: bytes.baseAddress!, byteCount: taken)
        }
        count += taken
        return taken
    }

    func withBytes<R>(_ body: (RawSpan) -> R) -> R {
        guard let buffer = unsafe buffer else { return body(RawSpan()) }
        // Safe: the first `count` bytes were written, and do not change during the call.
        return body(unsafe RawSpan(_unsafeStart: buffer.baseAddress!, byteCount: count))
    }

    func removeAll() {
        // Safe: within the buffer.
        if let buffer = unsafe buffer { unsafe OPENSSL_cleanse(buffer.baseAddress, count) }
        count = 0
    }
}
