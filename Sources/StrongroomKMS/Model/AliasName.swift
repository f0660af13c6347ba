/// A name that points to a key: `alias/` and letters, digits, `:`, `/`, `_`, `-`; at most 256 bytes in all.
struct AliasName: Hashable, Sendable, Comparable, CustomStringConvertible {
    static let prefix = "alias/"
    /// Names of keys that the service itself makes.
    private static let reservedPrefix = "alias/aws/"

    let description: String

    init(_ text: String) throws(KeyServiceError) {
        guard text.hasPrefix(Self.prefix), text.utf8.count > Self.prefix.utf8.count,
            text.utf8.count <= KeyLimits.aliasNameSizeBytesMax, text.utf8.allSatisfy(Self.isAllowed)
        else {
            throw KeyServiceError(
                .invalidAliasName,
                "'\(text.prefix(64))' is no name of an alias; give 'alias/' and letters, digits, ':', '/', '_' or '-', "
                    + "at most \(KeyLimits.aliasNameSizeBytesMax) bytes.")
        }
        description = text
    }

    /// The key that is used where none is asked for.
    static let defaultKey = AliasName(trusted: KeyService.defaultKeyID)

    private init(trusted text: String) { description = text }

    /// Fails for names that only the service gives and takes.
    func checkNotReserved() throws(KeyServiceError) {
        if description.hasPrefix(Self.reservedPrefix) {
            throw KeyServiceError(
                .invalidAliasName,
                "'\(description)' is reserved: names under '\(Self.reservedPrefix)' are the service's own. "
                    + "Choose another name.")
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    static func < (left: AliasName, right: AliasName) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}
