/// HMAC (RFC 2104) with the key's two blocks already hashed: a message costs two compressions less,
/// and the key itself need not be kept.
///
///     secret:  state after key XOR ipad | state after key XOR opad
@safe package struct HMAC<Hash: SecretHash>: ~Copyable, Sendable {
    private let states: SecretBytes

    /// Hashes the key, of any length, into the states it leads to.
    package init(key: borrowing SecretBytes) throws(SecretMemoryError) {
        states = try key.withBytes { (key) throws(SecretMemoryError) in try Self.states(key) }
    }

    init(key: RawSpan) throws(SecretMemoryError) {
        states = try Self.states(key)
    }

    private static func states(_ key: RawSpan) throws(SecretMemoryError) -> SecretBytes {
        try SecretBytes(count: 2 * Hash.stateSizeBytes) { span in
            unsafe span.withUnsafeMutableBytes { states in
                unsafe key.withUnsafeBytes { key in
                    // Safe: the states have the size asked for; the key outlives the call.
                    unsafe begin(states.baseAddress!, key)
                }
            }
        }
    }

    /// The code of one message under a key that is not used again: nothing of it is kept.
    static func authenticate(_ message: RawSpan, key: RawSpan, into code: inout MutableRawSpan) {
        precondition(code.byteCount >= Hash.digestSizeBytes, "no room for a code of \(Hash.digestSizeBytes) bytes")
        unsafe withWipedScratch(byteCount: 2 * Hash.stateSizeBytes) { states in
            unsafe code.withUnsafeMutableBytes { code in
                unsafe key.withUnsafeBytes { key in
                    unsafe message.withUnsafeBytes { message in
                        // Safe: two states fit into the scratch, there is room for a digest, and all buffers
                        // outlive the call.
                        unsafe begin(states.baseAddress!, key)
                        unsafe finish(states.baseAddress!, message, into: code.baseAddress!)
                    }
                }
            }
        }
    }

    /// Uses up both states.
    private static func finish(
        _ states: UnsafeMutableRawPointer, _ message: UnsafeRawBufferPointer, into code: UnsafeMutableRawPointer
    ) {
        // Safe: the caller gives two states and room for a digest.
        let outer = unsafe states + Hash.stateSizeBytes
        unsafe Hash.update(states, message)
        unsafe Hash.finish(states, into: code)
        unsafe Hash.update(outer, UnsafeRawBufferPointer(start: code, count: Hash.digestSizeBytes))
        unsafe Hash.finish(outer, into: code)
    }

    private static func begin(_ states: UnsafeMutableRawPointer, _ key: UnsafeRawBufferPointer) {
        unsafe withWipedScratch(byteCount: Hash.blockSizeBytes) { block in
            if key.count > Hash.blockSizeBytes {
                // Safe: the first state is not in use yet, and a digest is shorter than a block.
                unsafe Hash.begin(states)
                unsafe Hash.update(states, key)
                unsafe Hash.finish(states, into: block.baseAddress!)
            } else {
                // Safe: the key is no longer than the block.
                unsafe block.copyMemory(from: key)
            }
            for (index, pad) in [UInt8(0x36), UInt8(0x36 ^ 0x5c)].enumerated() {
                // Safe: in bounds. The second round takes the first pad off and puts the second on.
                for position in 0..<block.count { unsafe block[position] ^= pad }
                // Safe: two states fit, and strides of a state keep its alignment.
                let state = unsafe states + index * Hash.stateSizeBytes
                unsafe Hash.begin(state)
                unsafe Hash.update(state, UnsafeRawBufferPointer(block))
            }
        }
    }

    /// Writes the code of `message` to the start of `code`, which has room for a digest.
    package borrowing func authenticate(
        _ message: RawSpan, into code: inout MutableRawSpan
    ) throws(SecretMemoryError) {
        precondition(code.byteCount >= Hash.digestSizeBytes, "no room for a code of \(Hash.digestSizeBytes) bytes")
        try unsafe code.withUnsafeMutableBytes { (code) throws(SecretMemoryError) in
            try unsafe message.withUnsafeBytes { (message) throws(SecretMemoryError) in
                // Safe: there is room for a digest, and both buffers outlive the call.
                try unsafe authenticate(message, into: code.baseAddress!)
            }
        }
    }

    /// Writes the code of up to three pieces, one after the other, to `code`, which may overlap them.
    borrowing func authenticate(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer? = nil,
        _ third: UnsafeRawBufferPointer? = nil, into code: UnsafeMutableRawPointer
    ) throws(SecretMemoryError) {
        try states.withBytes { states in
            unsafe states.withUnsafeBytes { states in
                unsafe withWipedScratch(byteCount: Hash.stateSizeBytes) { scratch in
                    let work = scratch.baseAddress!
                    // Safe: `work` has the size of a state, and two states stand in `states`. The code
                    // is written when all pieces have been read.
                    unsafe work.copyMemory(from: states.baseAddress!, byteCount: Hash.stateSizeBytes)
                    unsafe Hash.update(work, first)
                    if let second = unsafe second { unsafe Hash.update(work, second) }
                    if let third = unsafe third { unsafe Hash.update(work, third) }
                    unsafe Hash.finish(work, into: code)
                    unsafe work.copyMemory(
                        from: states.baseAddress! + Hash.stateSizeBytes, byteCount: Hash.stateSizeBytes)
                    unsafe Hash.update(work, UnsafeRawBufferPointer(start: code, count: Hash.digestSizeBytes))
                    unsafe Hash.finish(work, into: code)
                }
            }
        }
    }
}
