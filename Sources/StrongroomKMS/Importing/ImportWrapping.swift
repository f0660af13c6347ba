/// How material that is to be imported is encrypted on its way.
public struct ImportWrapping: Sendable, Hashable {
    /// KMS's name of the algorithm.
    public enum Algorithm: String, Sendable, Hashable, CaseIterable {
        /// RSAES-OAEP (RFC 8017) with SHA-256.
        case oaepSHA256 = "RSAES_OAEP_SHA_256"
        /// RSAES-OAEP (RFC 8017) with SHA-1, for old hardware.
        case oaepSHA1 = "RSAES_OAEP_SHA_1"
    }

    /// KMS's name of the kind of key.
    public enum KeySpec: String, Sendable, Hashable, CaseIterable {
        /// RSA with a modulus of 2048 bits.
        case rsa2048 = "RSA_2048"
        /// RSA with a modulus of 3072 bits.
        case rsa3072 = "RSA_3072"
        /// RSA with a modulus of 4096 bits.
        case rsa4096 = "RSA_4096"

        var sizeBits: Int {
            switch self {
            case .rsa2048: 2048
            case .rsa3072: 3072
            case .rsa4096: 4096
            }
        }
    }

    /// The algorithm.
    public var algorithm: Algorithm
    /// The kind of key.
    public var keySpec: KeySpec

    /// OAEP with SHA-256 under 4096 bits, unless something else is said.
    public init(algorithm: Algorithm = .oaepSHA256, keySpec: KeySpec = .rsa4096) {
        self.algorithm = algorithm
        self.keySpec = keySpec
    }
}

/// What material to be imported is encrypted with.
public struct KeyImportParameters: Sendable, Hashable {
    /// The key that it is for.
    public var keyARN: String
    /// Goes with the encrypted material: it is for that key and this service, as long as the service is open.
    public var importToken: [UInt8]
    /// SubjectPublicKeyInfo in DER.
    public var publicKey: [UInt8]
    /// Until when both may be used, in milliseconds since 1970: a day.
    public var validToMilliseconds: Int64
}
