internal import StrongroomCrypto

/// A checksum of an object's bytes, kept sealed with it. It says that bytes arrived as they were sent; that they are
/// what was stored is the seal's to say.
public struct ObjectChecksum: Sendable, Hashable {
    /// The algorithms (Amazon S3 API, `ChecksumAlgorithm`).
    public struct Algorithm: Sendable, Hashable, CustomStringConvertible {
        let algorithm: ChecksumAlgorithm

        /// CRC-32 (IEEE 802.3).
        public static let crc32 = Self(algorithm: .crc32)
        /// CRC-32C (Castagnoli).
        public static let crc32c = Self(algorithm: .crc32c)
        /// CRC-64/NVME, S3's default and the cheapest.
        public static let crc64NVME = Self(algorithm: .crc64NVME)
        /// SHA-1.
        public static let sha1 = Self(algorithm: .sha1)
        /// SHA-256.
        public static let sha256 = Self(algorithm: .sha256)

        /// All that there are.
        public static let all = ChecksumAlgorithm.allCases.map(Self.init(algorithm:))

        /// S3's name, such as `CRC64NVME`.
        public var description: String { algorithm.name }

        init(algorithm: ChecksumAlgorithm) { self.algorithm = algorithm }

        /// The algorithm of that name.
        ///
        /// - Throws: ``StoreError/Code/invalidArgument``.
        public init(_ name: String) throws(StoreError) {
            guard let algorithm = ChecksumAlgorithm(name: name) else {
                throw StoreError(
                    .invalidArgument,
                    "There is no checksum \(name.prefix(40).debugDescription); there are "
                        + ChecksumAlgorithm.allCases.map(\.name).joined(separator: ", ") + ".")
            }
            self.algorithm = algorithm
        }
    }

    /// What was computed.
    public let algorithm: Algorithm
    /// What came out, highest byte first.
    public let digest: [UInt8]
    /// Of an object in parts whose checksum is made of its parts' checksums (S3: `COMPOSITE`): how many they are. Nil
    /// where it is that of all the bytes (S3: `FULL_OBJECT`).
    public let compositePartCount: Int?

    init(_ algorithm: ChecksumAlgorithm, _ digest: [UInt8], compositePartCount: Int? = nil) {
        self.algorithm = Algorithm(algorithm: algorithm)
        self.digest = digest
        self.compositePartCount = compositePartCount
    }

    init(_ composite: CompositeChecksum) {
        self.init(composite.algorithm, composite.digest, compositePartCount: composite.partCount)
    }

    /// A checksum as S3's headers carry it.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument`` where `base64` is not base64 of the algorithm's size.
    public init(_ algorithm: Algorithm, base64: String) throws(StoreError) {
        guard let digest = algorithm.algorithm.digest(base64: base64) else {
            throw StoreError(
                .invalidArgument,
                "\(base64.prefix(100).debugDescription) is no \(algorithm) checksum: base64 of "
                    + "\(algorithm.algorithm.digestSizeBytes) bytes is.")
        }
        self.algorithm = algorithm
        self.digest = digest
        compositePartCount = nil
    }

    /// As ``base64`` has it: a composite checksum with `-` and the number of parts behind it.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument``.
    public init(_ algorithm: Algorithm, text: String) throws(StoreError) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let plain = try ObjectChecksum(algorithm, base64: String(parts[0]))
        guard parts.count == 2 else {
            self = plain
            return
        }
        guard let count = Int(parts[1]), MultipartLimits.numbers.contains(count), String(count) == parts[1] else {
            throw StoreError(
                .invalidArgument,
                "\(text.prefix(100).debugDescription) is no composite checksum: it ends in the number "
                    + "of parts, 1 to \(MultipartLimits.numbers.upperBound).")
        }
        self.init(algorithm.algorithm, plain.digest, compositePartCount: count)
    }

    /// As S3's headers carry it: base64, and of a composite one a hyphen and the number of parts.
    public var base64: String {
        PaddedBase64.encode(digest) + (compositePartCount.map { "-\($0)" } ?? "")
    }
}

/// What the ETag of a new object is made of.
public enum ETagKind: Sendable, Hashable {
    /// Of the object's random id: it changes with every put, and costs nothing. 32 hexadecimal digits and `-1`.
    case opaque
    /// The MD5 of the bytes, as S3 clients of unencrypted and SSE-S3 objects expect it. MD5 is several times slower
    /// than the encryption.
    case md5
}
