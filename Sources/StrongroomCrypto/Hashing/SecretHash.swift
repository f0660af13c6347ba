internal import COpenSSL

/// A hash function over secrets, whose running state the caller keeps in memory of its own choice.
///
/// An EVP context would put the state, from which MACs can be forged, on the ordinary heap for as long
/// as a key is cached; it is slower too (HMAC-SHA-512 of 100 bytes: 0.54 µs against 0.80 with a reused
/// EVP_MAC context, OpenSSL 3.0).
package protocol SecretHash: Sendable {
    static var digestSizeBytes: Int { get }
    static var blockSizeBytes: Int { get }
    /// A multiple of 8, at whose multiples a state may stand.
    static var stateSizeBytes: Int { get }

    /// Makes the state of a hash of nothing.
    static func begin(_ state: UnsafeMutableRawPointer)
    /// Hashes more bytes. `bytes` may be empty.
    static func update(_ state: UnsafeMutableRawPointer, _ bytes: UnsafeRawBufferPointer)
    /// Writes the digest and leaves the state without meaning.
    static func finish(_ state: UnsafeMutableRawPointer, into digest: UnsafeMutableRawPointer)
}

// Below, every call is safe if its caller gives what the protocol asks: a state of `stateSizeBytes`,
// aligned to 8, and room for a digest. The functions of OpenSSL return 1 always.

package enum SHA256: SecretHash {
    package static let digestSizeBytes = 32
    package static let blockSizeBytes = 64
    package static let stateSizeBytes = MemoryLayout<SHA256_CTX>.stride

    package static func begin(_ state: UnsafeMutableRawPointer) {
        // Safe: see above.
        _ = unsafe SHA256_Init(state.assumingMemoryBound(to: SHA256_CTX.self))
    }

    package static func update(_ state: UnsafeMutableRawPointer, _ bytes: UnsafeRawBufferPointer) {
        // Safe: see above.
        _ = unsafe SHA256_Update(state.assumingMemoryBound(to: SHA256_CTX.self), bytes.baseAddress, bytes.count)
    }

    package static func finish(_ state: UnsafeMutableRawPointer, into digest: UnsafeMutableRawPointer) {
        // Safe: see above.
        _ = unsafe SHA256_Final(
            digest.assumingMemoryBound(to: UInt8.self), state.assumingMemoryBound(to: SHA256_CTX.self))
    }
}

package enum SHA512: SecretHash {
    package static let digestSizeBytes = 64
    package static let blockSizeBytes = 128
    package static let stateSizeBytes = MemoryLayout<SHA512_CTX>.stride

    package static func begin(_ state: UnsafeMutableRawPointer) {
        // Safe: see above.
        _ = unsafe SHA512_Init(state.assumingMemoryBound(to: SHA512_CTX.self))
    }

    package static func update(_ state: UnsafeMutableRawPointer, _ bytes: UnsafeRawBufferPointer) {
        // Safe: see above.
        _ = unsafe SHA512_Update(state.assumingMemoryBound(to: SHA512_CTX.self), bytes.baseAddress, bytes.count)
    }

    package static func finish(_ state: UnsafeMutableRawPointer, into digest: UnsafeMutableRawPointer) {
        // Safe: see above.
        _ = unsafe SHA512_Final(
            digest.assumingMemoryBound(to: UInt8.self), state.assumingMemoryBound(to: SHA512_CTX.self))
    }
}

/// For the codes of authenticators alone (``OneTimeCode``), which know no other hash. Whoever can make two texts of one
/// hash does not learn a key that HMAC has hashed with it.
package enum SHA1: SecretHash {
    package static let digestSizeBytes = 20
    package static let blockSizeBytes = 64
    package static let stateSizeBytes = MemoryLayout<SHA_CTX>.stride

    package static func begin(_ state: UnsafeMutableRawPointer) {
        // Safe: see above.
        _ = unsafe SHA1_Init(state.assumingMemoryBound(to: SHA_CTX.self))
    }

    package static func update(_ state: UnsafeMutableRawPointer, _ bytes: UnsafeRawBufferPointer) {
        // Safe: see above.
        _ = unsafe SHA1_Update(state.assumingMemoryBound(to: SHA_CTX.self), bytes.baseAddress, bytes.count)
    }

    package static func finish(_ state: UnsafeMutableRawPointer, into digest: UnsafeMutableRawPointer) {
        // Safe: see above.
        _ = unsafe SHA1_Final(digest.assumingMemoryBound(to: UInt8.self), state.assumingMemoryBound(to: SHA_CTX.self))
    }
}
