/// A label of a key: a name, unique among the key's, and a value.
public struct KeyTag: Sendable, Hashable {
    /// Bytes that a name may have; characters in KMS, which this approximates.
    public static let nameSizeBytesMax = 128
    /// Bytes that a value may have.
    public static let valueSizeBytesMax = 256
    private static let reservedPrefix = "aws:"

    /// 1 to ``nameSizeBytesMax`` bytes, not beginning with `aws:`.
    public let name: String
    /// 0 to ``valueSizeBytesMax`` bytes.
    public let value: String

    /// - Throws: ``KeyServiceError/Code/tag``.
    public init(name: String, value: String) throws(KeyServiceError) {
        guard (1...Self.nameSizeBytesMax).contains(name.utf8.count), value.utf8.count <= Self.valueSizeBytesMax else {
            throw KeyServiceError(
                .tag,
                "A tag's name may have 1 to \(Self.nameSizeBytesMax) bytes, its value \(Self.valueSizeBytesMax); "
                    + "'\(name.prefix(64))' does not fit.")
        }
        guard !name.lowercased().hasPrefix(Self.reservedPrefix) else {
            throw KeyServiceError(.tag, "Tags beginning with aws: are reserved. Choose another name.")
        }
        (self.name, self.value) = (name, value)
    }
}
