internal import COpenSSL

/// A cipher of OpenSSL. One context serves all messages, and nothing is allocated for a message.
@safe final class OpenSSLCipher: AEADCipher {
    private let context: OpaquePointer

    init(_ algorithm: AEADAlgorithm, key: RawSpan) throws(SealError) {
        precondition(key.byteCount == AEADAlgorithm.keySizeBytes, "a cipher key of \(key.byteCount) bytes")
        // Safe: created here, checked, and freed once by `deinit`.
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .cryptoFailure("creating a cipher context") }
        let status = unsafe key.withUnsafeBytes { key in
            // Safe: the key has the size of the cipher's keys; null stands for: no engine, no nonce yet.
            unsafe EVP_CipherInit_ex(
                context, FetchedCiphers.shared[algorithm], nil, key.assumingMemoryBound(to: UInt8.self).baseAddress,
                nil, 1)
        }
        guard status == 1 else {
            // Safe: this is the only reference.
            unsafe EVP_CIPHER_CTX_free(context)
            throw .cryptoFailure("the cipher \(algorithm)")
        }
        unsafe self.context = context
    }

    deinit {
        // Safe: the context is not used afterwards. Freeing wipes the key, which stood on the heap.
        unsafe EVP_CIPHER_CTX_free(context)
    }

    func seal(
        inPlace text: inout MutableRawSpan, nonce: AEADNonce, authenticating additionalData: RawSpan
    ) throws(SealError) -> AEADTag {
        begin(nonce, encrypting: true)
        update(&text, authenticating: additionalData)
        var tag = AEADTag(repeating: 0)
        guard finish() else { throw .cryptoFailure("sealing a chunk") }
        var span = tag.mutableSpan
        unsafe span.withUnsafeMutableBytes { tag in
            // Safe: the buffer has the size that is named.
            let status = unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), tag.baseAddress)
            precondition(status == 1, "a tag of \(tag.count) bytes is not had")
        }
        return tag
    }

    func open(
        inPlace text: inout MutableRawSpan, nonce: AEADNonce, tag: AEADTag, authenticating additionalData: RawSpan
    ) throws(SealError) -> Bool {
        begin(nonce, encrypting: false)
        update(&text, authenticating: additionalData)
        var tag = tag
        var span = tag.mutableSpan
        unsafe span.withUnsafeMutableBytes { tag in
            // Safe: the buffer has the size that is named, and is only read.
            let status = unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), tag.baseAddress)
            precondition(status == 1, "a tag of \(tag.count) bytes is not taken")
        }
        if finish() { return true }
        text.wipe()
        return false
    }

    private func begin(_ nonce: AEADNonce, encrypting: Bool) {
        let status = unsafe nonce.span.withUnsafeBytes { nonce in
            // Safe: nonces of 12 bytes are these ciphers' own; null stands for: same cipher, same key.
            unsafe EVP_CipherInit_ex(
                context, nil, nil, nil, nonce.assumingMemoryBound(to: UInt8.self).baseAddress, encrypting ? 1 : 0)
        }
        precondition(status == 1, "the cipher takes no nonce")
    }

    private func update(_ text: inout MutableRawSpan, authenticating additionalData: RawSpan) {
        var count: Int32 = 0
        if !additionalData.isEmpty {
            unsafe additionalData.withUnsafeBytes { data in
                // Safe: the data outlives the call; no output means that it is only authenticated.
                let status = unsafe EVP_CipherUpdate(
                    context, nil, &count, data.assumingMemoryBound(to: UInt8.self).baseAddress, Int32(data.count))
                precondition(status == 1, "the cipher takes no additional data")
            }
        }
        // An empty text is no update at all: with a null pointer it would mean something else.
        if text.isEmpty { return }
        unsafe text.withUnsafeMutableBytes { text in
            let bytes = unsafe text.assumingMemoryBound(to: UInt8.self).baseAddress
            // Safe: a stream cipher writes as many bytes as it reads, here over the same ones.
            let status = unsafe EVP_CipherUpdate(context, bytes, &count, bytes, Int32(text.count))
            precondition(status == 1 && Int(count) == text.count, "the cipher does not go on")
        }
    }

    /// False where the tag is wrong.
    private func finish() -> Bool {
        var count: Int32 = 0
        var nothing: UInt8 = 0
        // Safe: these ciphers have no block left over; there is room all the same.
        return unsafe EVP_CipherFinal_ex(context, &nothing, &count) == 1
    }
}

/// Ciphers, looked up once: a lookup costs more than sealing a small object.
@safe private final class FetchedCiphers: @unchecked Sendable {
    // Safe to share: immutable, and so are OpenSSL's method objects.

    static let shared = FetchedCiphers()
    // Safe: null stands for the default library context and properties. Kept for good; null where the
    // library lacks the cipher, which the first use reports.
    private let aes256GCM = unsafe EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    private let chaCha20Poly1305 = unsafe EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil)

    subscript(algorithm: AEADAlgorithm) -> OpaquePointer? {
        // Safe: merely chosen here.
        switch algorithm {
        case .aes256GCM: unsafe aes256GCM
        case .chaCha20Poly1305: unsafe chaCha20Poly1305
        }
    }
}
