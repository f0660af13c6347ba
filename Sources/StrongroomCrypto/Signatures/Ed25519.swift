internal import COpenSSL

/// Ed25519 (RFC 8032): signatures that anybody can check and one can make. The same message under the same key has
/// always the same signature.
package enum Ed25519 {
    /// Bytes of a seed, the private key of which all else is derived.
    package static let seedSizeBytes = 32
    package static let publicKeySizeBytes = 32
    package static let signatureSizeBytes = 64

    /// The public key of a seed.
    package static func publicKey(seed: borrowing SecretBytes) throws(SealError) -> [UInt8] {
        let key = try SigningKeyHandle(seed: seed)
        var bytes = [UInt8](repeating: 0, count: publicKeySizeBytes)
        var count = bytes.count
        // Safe: the buffer has the size named.
        guard unsafe EVP_PKEY_get_raw_public_key(key.pointer, &bytes, &count) == 1, count == publicKeySizeBytes else {
            throw .cryptoFailure("deriving an Ed25519 public key")
        }
        return bytes
    }

    /// The signature of `message`.
    package static func sign(_ message: [UInt8], seed: borrowing SecretBytes) throws(SealError) -> [UInt8] {
        let key = try SigningKeyHandle(seed: seed)
        let context = try SignatureContext()
        var signature = [UInt8](repeating: 0, count: signatureSizeBytes)
        var count = signature.count
        // Safe: key and context are live, the buffer has the size named; null stands for: the algorithm's own hash.
        guard unsafe EVP_DigestSignInit(context.pointer, nil, nil, nil, key.pointer) == 1,
            unsafe EVP_DigestSign(context.pointer, &signature, &count, message, message.count) == 1,
            count == signatureSizeBytes
        else { throw .cryptoFailure("signing with Ed25519") }
        return signature
    }

    /// Whether whoever has the seed of `publicKey` signed `message`. False as well for what is no key or signature.
    package static func isValid(
        _ signature: [UInt8], of message: [UInt8], publicKey: [UInt8]
    ) throws(SealError) -> Bool {
        guard signature.count == signatureSizeBytes, publicKey.count == publicKeySizeBytes else { return false }
        let key = try SigningKeyHandle(publicKey: publicKey)
        let context = try SignatureContext()
        // Safe: key and context are live; null stands for: the algorithm's own hash.
        guard unsafe EVP_DigestVerifyInit(context.pointer, nil, nil, nil, key.pointer) == 1 else {
            throw .cryptoFailure("checking an Ed25519 signature")
        }
        // Safe: both buffers outlive the call and have the sizes named.
        let status = unsafe EVP_DigestVerify(context.pointer, signature, signature.count, message, message.count)
        // What does not verify leaves a note in the library's queue of errors, which nobody would read.
        if status != 1 { ERR_clear_error() }
        return status == 1
    }
}

/// A key as OpenSSL holds it, for the length of one call.
@safe private struct SigningKeyHandle: ~Copyable {
    let pointer: OpaquePointer

    init(seed: borrowing SecretBytes) throws(SealError) {
        precondition(seed.count == Ed25519.seedSizeBytes, "an Ed25519 seed of \(seed.count) bytes")
        let pointer = try unsafe seed.withBytes { (seed) throws(SealError) in
            unsafe seed.withUnsafeBytes { seed in
                // Safe: the seed outlives the call and has the size named; null stands for the default library.
                unsafe EVP_PKEY_new_raw_private_key_ex(
                    nil, "ED25519", nil, seed.assumingMemoryBound(to: UInt8.self).baseAddress, seed.count)
            }
        }
        guard let pointer = unsafe pointer else { throw .cryptoFailure("the signature algorithm Ed25519") }
        unsafe self.pointer = pointer
    }

    init(publicKey: [UInt8]) throws(SealError) {
        // Safe: the key outlives the call and has the size named; null stands for the default library.
        guard
            let pointer = unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, publicKey, publicKey.count)
        else { throw .cryptoFailure("the signature algorithm Ed25519") }
        unsafe self.pointer = pointer
    }

    deinit {
        // Safe: not used afterwards. Freeing wipes the private key, which stood on the heap.
        unsafe EVP_PKEY_free(pointer)
    }
}

/// A context for one signature.
@safe private struct SignatureContext: ~Copyable {
    let pointer: OpaquePointer

    init() throws(SealError) {
        // Safe: created here, checked, and freed once by `deinit`.
        guard let pointer = unsafe EVP_MD_CTX_new() else { throw .cryptoFailure("creating a signature context") }
        unsafe self.pointer = pointer
    }

    deinit {
        // Safe: not used afterwards.
        unsafe EVP_MD_CTX_free(pointer)
    }
}
