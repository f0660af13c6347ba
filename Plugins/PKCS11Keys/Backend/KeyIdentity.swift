internal import StrongroomKeys

/// The CKA_ID of a key object of ours: which version of its key it is, and which of all objects.
///
///     offset size
///     0      4    "SRPK"
///     4      4    version, 1 and up; big-endian, so that tools which list a token's objects show it readably
///     8      16   random
///
/// Part of the format of wrapped keys, must not change. A token makes no object on the condition that there is none:
/// two processes that rotate a key at the same moment both make a next version. The random bytes tell these apart for
/// good, so that each opens what it wrapped; which of them is current is decided by their order, for all processes
/// alike.
struct KeyIdentity: Hashable, Comparable, Sendable, CustomStringConvertible {
    static let sizeBytes = 24
    private static let magic = Array("SRPK".utf8)
    private static let materialSizeBytes = 16

    let version: UInt32
    private let material: [UInt8]

    init(version: UInt32, random: some Sequence<UInt8>) {
        self.version = version
        material = Array(random)
        precondition(material.count == Self.materialSizeBytes, "\(material.count) random bytes")
    }

    /// A fresh one.
    init(version: UInt32, random: HostRandomBytes) {
        self.init(version: version, random: random(Self.materialSizeBytes))
    }

    typealias HostRandomBytes = (Int) -> [UInt8]

    /// Nil where the bytes are the CKA_ID of an object that is none of ours.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.sizeBytes, bytes.starts(with: Self.magic) else { return nil }
        version = bytes.dropFirst(4).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        material = Array(bytes.dropFirst(8))
        guard version > 0 else { return nil }
    }

    var bytes: [UInt8] {
        Self.magic + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: version >> $0) } + material
    }

    /// The version as wrapped keys name it, such as `2-00112233445566778899aabbccddeeff`.
    var description: String { "\(version)-\(Hexadecimal.encode(material))" }

    static func < (left: KeyIdentity, right: KeyIdentity) -> Bool {
        left.version != right.version
            ? left.version < right.version : left.material.lexicographicallyPrecedes(right.material)
    }
}
