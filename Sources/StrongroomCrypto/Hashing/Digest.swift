internal import COpenSSL

/// A hash of bytes that are no secret key: checksums and ETags. What was hashed may be large.
@safe package struct Digest: ~Copyable, @unchecked Sendable {
    // Safe to send: the context belongs to this value alone, and only `mutating` functions use it.

    package enum Algorithm: String, Sendable, CaseIterable {
        case md5 = "MD5"
        case sha1 = "SHA1"
        case sha256 = "SHA256"
        case sha512 = "SHA512"
    }

    package let algorithm: Algorithm
    private let context: OpaquePointer

    /// Throws `cryptoFailure` where the library does not allow the algorithm.
    package init(_ algorithm: Algorithm) throws(SealError) {
        // Safe: created here, checked, and freed once by `deinit`.
        guard let context = unsafe EVP_MD_CTX_new() else { throw .cryptoFailure("creating a hash context") }
        // Safe: both pointers are live; a null engine means the default.
        guard let function = unsafe FetchedDigests.shared[algorithm],
            unsafe EVP_DigestInit_ex(context, function, nil) == 1
        else {
            // Safe: this is the only reference.
            unsafe EVP_MD_CTX_free(context)
            throw .cryptoFailure("the hash function \(algorithm.rawValue)")
        }
        self.algorithm = algorithm
        unsafe self.context = context
    }

    deinit {
        // Safe: the context is not used afterwards. Freeing wipes it.
        unsafe EVP_MD_CTX_free(context)
    }

    package mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { bytes in
            // Safe: the bytes outlive the call.
            let status = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
            precondition(status == 1, "hashing failed")
        }
    }

    /// The hash of all bytes since the start, or since the last call of `finish`.
    package mutating func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        // Safe: the buffer has the size that the library asks for; null means: same function again.
        let status = unsafe EVP_DigestFinal_ex(context, &digest, &count) & EVP_DigestInit_ex(context, nil, nil)
        precondition(status == 1, "hashing failed")
        digest.removeLast(digest.count - Int(count))
        return digest
    }

    /// The hash of `bytes`.
    package static func hash(_ algorithm: Algorithm, _ bytes: RawSpan) throws(SealError) -> [UInt8] {
        var digest = try Digest(algorithm)
        digest.update(bytes)
        return digest.finish()
    }
}

/// Hash functions, looked up once: a lookup costs more than hashing a small object.
@safe private final class FetchedDigests: @unchecked Sendable {
    // Safe to share: filled by the initializer, read-only afterwards; OpenSSL's method objects are immutable.

    static let shared = FetchedDigests()
    private let functions: [Digest.Algorithm: OpaquePointer]

    private init() {
        // Safe: the pointers are owned by this object, which lives for good.
        var functions = unsafe [Digest.Algorithm: OpaquePointer]()
        for algorithm in Digest.Algorithm.allCases {
            // Safe: null stands for the default library context and properties. Kept for good.
            unsafe functions[algorithm] = EVP_MD_fetch(nil, algorithm.rawValue, nil)
        }
        unsafe self.functions = functions
    }

    subscript(algorithm: Digest.Algorithm) -> OpaquePointer? { unsafe functions[algorithm] }
}
