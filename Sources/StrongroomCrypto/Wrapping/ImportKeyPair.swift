internal import COpenSSL

/// An RSA key pair for one purpose: somebody encrypts a key for whoever has the private half (RSAES-OAEP, RFC 8017).
///
/// Between uses the private key is in locked memory, as PKCS #1; the library has its own copy for the length of a call,
/// and wipes it.
package struct ImportKeyPair: ~Copyable, Sendable {
    /// The hash of OAEP, and of its mask generation.
    package enum Hash: Sendable, CaseIterable {
        case sha1
        case sha256
    }

    /// The public key as SubjectPublicKeyInfo (RFC 5280), in DER.
    package let publicKey: [UInt8]
    private let privateKey: SecretBytes

    /// Makes a pair. Takes up to seconds.
    package init(sizeBits: Int) throws(SealError) {
        // Safe: created here, checked, and freed once by its owner.
        guard let generator = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else {
            throw .cryptoFailure("the RSA algorithm")
        }
        defer { unsafe EVP_PKEY_CTX_free(generator) }
        var key: OpaquePointer?
        // Safe: the context is live; the key that comes back is ours to free.
        guard unsafe EVP_PKEY_keygen_init(generator) == 1,
            unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(generator, Int32(sizeBits)) == 1,
            unsafe EVP_PKEY_generate(generator, &key) == 1, let key = unsafe key
        else { throw .cryptoFailure("making an RSA key") }
        defer { unsafe EVP_PKEY_free(key) }
        let publicKey = try unsafe Self.encodedPublicKey(key)
        privateKey = try unsafe Self.encodedPrivateKey(key)
        self.publicKey = publicKey
    }

    /// What was encrypted for this pair, where it has `count` bytes; nil for anything else.
    package func decrypt(_ ciphertext: [UInt8], count: Int, _ hash: Hash) throws(SealError) -> SecretBytes? {
        let key = try unsafe privateKeyPointer()
        defer { unsafe EVP_PKEY_free(key) }
        // Safe: created here, checked, and freed once.
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else {
            throw .cryptoFailure("opening an imported key")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        // Safe: the context is live; the hash functions are static.
        let function = unsafe hash == .sha1 ? EVP_sha1() : EVP_sha256()
        guard unsafe EVP_PKEY_decrypt_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1,
            unsafe EVP_PKEY_CTX_set_rsa_oaep_md(context, function) == 1,
            unsafe EVP_PKEY_CTX_set_rsa_mgf1_md(context, function) == 1
        else { throw .cryptoFailure("opening an imported key") }
        // As large as the modulus may be: the library wants that much room, whatever comes out.
        var written = 1024
        let opened = try SecretBytes(count: written) { (span: inout MutableRawSpan) throws(SealError) in
            unsafe span.withUnsafeMutableBytes { bytes in
                // Safe: both buffers outlive the call and have the sizes named.
                if unsafe EVP_PKEY_decrypt(
                    context, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, &written, ciphertext,
                    ciphertext.count) != 1
                {
                    written = 0
                }
            }
        }
        // Why it failed is nobody's business: that is how padding oracles are made.
        ERR_clear_error()
        guard written == count else { return nil }
        return try opened.withBytes { (bytes) throws(SealError) in
            do throws(SecretMemoryError) {
                return try SecretBytes(copying: bytes.extracting(0..<count))
            } catch {
                throw SealError(secretMemory: error)
            }
        }
    }

    private static func encodedPublicKey(_ key: OpaquePointer) throws(SealError) -> [UInt8] {
        // Safe: a null buffer asks for the size only.
        let count = unsafe i2d_PUBKEY(key, nil)
        guard count > 0 else { throw .cryptoFailure("encoding an RSA key") }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, written in
            var end = buffer.baseAddress
            // Safe: the buffer has the size that was asked for.
            written = Int(unsafe i2d_PUBKEY(key, &end))
        }
    }

    private static func encodedPrivateKey(_ key: OpaquePointer) throws(SealError) -> SecretBytes {
        // Safe: a null buffer asks for the size only.
        let count = Int(unsafe i2d_PrivateKey(key, nil))
        guard count > 0, count <= SecretBytes.countMaximum else { throw .cryptoFailure("encoding an RSA key") }
        return try SecretBytes(count: count) { (span: inout MutableRawSpan) throws(SealError) in
            unsafe span.withUnsafeMutableBytes { bytes in
                var end = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
                // Safe: the buffer has the size that was asked for.
                _ = unsafe i2d_PrivateKey(key, &end)
            }
        }
    }

    private func privateKeyPointer() throws(SealError) -> OpaquePointer {
        let key = try unsafe privateKey.withBytes { (bytes) throws(SealError) in
            unsafe bytes.withUnsafeBytes { bytes in
                var start = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
                // Safe: the buffer outlives the call and has the size named.
                return unsafe d2i_AutoPrivateKey(nil, &start, bytes.count)
            }
        }
        guard let key = unsafe key else { throw .cryptoFailure("reading an RSA key") }
        return unsafe key
    }
}
