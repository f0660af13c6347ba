internal import COpenSSL

/// The other side of an import: what encrypts material for a public key.
package enum PublicKeyEncryption {
    struct Failure: Error {}

    package static func encrypt(_ plaintext: [UInt8], for publicKey: [UInt8], usesSHA1: Bool) throws -> [UInt8] {
        try unsafe publicKey.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            // Safe: the bytes outlive the call.
            guard let key = unsafe d2i_PUBKEY(nil, &start, bytes.count) else { throw Failure() }
            defer { unsafe EVP_PKEY_free(key) }
            // Safe: created here, checked, and freed once.
            guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { throw Failure() }
            defer { unsafe EVP_PKEY_CTX_free(context) }
            let function = unsafe usesSHA1 ? EVP_sha1() : EVP_sha256()
            var count = 1024
            var ciphertext = [UInt8](repeating: 0, count: count)
            // Safe: the buffers outlive the calls and have the sizes named.
            guard unsafe EVP_PKEY_encrypt_init(context) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_oaep_md(context, function) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_mgf1_md(context, function) == 1,
                unsafe EVP_PKEY_encrypt(context, &ciphertext, &count, plaintext, plaintext.count) == 1
            else { throw Failure() }
            return Array(ciphertext.prefix(count))
        }
    }
}
