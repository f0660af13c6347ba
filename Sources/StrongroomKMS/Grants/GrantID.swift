internal import StrongroomKeys

/// Names a grant: 32 random bytes, written as 64 hexadecimal digits (as in KMS).
struct GrantID: Hashable, Sendable, Comparable, CustomStringConvertible {
    static let sizeBytes = 32

    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        assert(bytes.count == Self.sizeBytes)
        self.bytes = bytes
    }

    init(_ text: String) throws(KeyServiceError) {
        guard let bytes = Hexadecimal.decode(text), bytes.count == Self.sizeBytes,
            Hexadecimal.encode(bytes).utf8.elementsEqual(text.utf8)
        else {
            throw KeyServiceError(
                .invalidGrantID, "'\(text.prefix(80))' is no id of a grant; list the key's grants.")
        }
        self.init(bytes: bytes)
    }

    var description: String { Hexadecimal.encode(bytes) }

    static func < (left: GrantID, right: GrantID) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}
