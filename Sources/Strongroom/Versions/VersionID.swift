internal import StrongroomKeys

/// Names one version of an object.
public struct VersionID: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: Hashable, Sendable {
        case null
        case named([UInt8])
    }

    private let kind: Kind

    private init(_ kind: Kind) { self.kind = kind }

    /// A named version; 16 bytes.
    init(bytes: [UInt8]) { kind = .named(bytes) }

    /// The version that was written while the bucket kept none, of which a key has at most one.
    public static let null = VersionID(.null)

    /// Reads what ``description`` wrote.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument``.
    public init(_ text: String) throws(StoreError) {
        if text == "null" {
            kind = .null
        } else if let bytes = Hexadecimal.decode(text), bytes.count == ObjectRow.uidBytes,
            Hexadecimal.encode(bytes) == text
        {
            kind = .named(bytes)
        } else {
            throw StoreError(
                .invalidArgument,
                "\(text.prefix(80).debugDescription) is no version id; one is 32 hexadecimal digits, or \"null\".")
        }
    }

    /// 32 lowercase hexadecimal digits, or `null`.
    public var description: String {
        switch kind {
        case .null: "null"
        case .named(let bytes): Hexadecimal.encode(bytes)
        }
    }

    /// Nil for the null version, whose row has an id of its own that nobody sees.
    var bytes: [UInt8]? {
        if case .named(let bytes) = kind { bytes } else { nil }
    }
}
