/// The checksums that a client may ask for with an object (Amazon S3 API, `ChecksumAlgorithm`). They
/// say that bytes arrived as they were sent; that they are what was stored is the seal's to say.
///
/// The raw values are part of the stored format and must not change.
package enum ChecksumAlgorithm: UInt8, Sendable, CaseIterable, Hashable {
    case crc32 = 1
    case crc32c = 2
    case crc64NVME = 3
    case sha1 = 4
    case sha256 = 5

    /// As S3 spells it.
    package var name: String {
        switch self {
        case .crc32: "CRC32"
        case .crc32c: "CRC32C"
        case .crc64NVME: "CRC64NVME"
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        }
    }

    /// Nil for what is not known here. Upper and lower case differ.
    package init?(name: String) {
        guard let algorithm = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = algorithm
    }

    package var digestSizeBytes: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64NVME: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// Whether the checksum of a whole follows from those of its parts.
    package var isCombinable: Bool {
        switch self {
        case .crc32, .crc32c, .crc64NVME: true
        case .sha1, .sha256: false
        }
    }

    /// Whether S3 has checksums of this kind: an object in one piece has no parts to be composed of, one
    /// in parts cannot be hashed as a whole, and CRC-64/NVME is never composed.
    package func allows(_ type: ChecksumType, multipart: Bool) -> Bool {
        switch type {
        case .fullObject: !multipart || isCombinable
        case .composite: multipart && self != .crc64NVME
        }
    }

    /// What S3 takes for an upload in parts that names no type.
    package var defaultMultipartType: ChecksumType { self == .crc64NVME ? .fullObject : .composite }

    /// The digest that `base64` stands for, nil where it is none of this algorithm's size.
    package func digest(base64: String) -> [UInt8]? {
        guard let digest = PaddedBase64.decode(base64), digest.count == digestSizeBytes else { return nil }
        return digest
    }

    /// The low bytes of a CRC's register, highest first.
    func bigEndian(_ register: UInt64) -> [UInt8] {
        (0..<digestSizeBytes).reversed().map { UInt8(truncatingIfNeeded: register >> (8 * $0)) }
    }
}
