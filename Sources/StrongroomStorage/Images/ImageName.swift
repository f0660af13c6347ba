/// Names in `catalog/` that belong to images: `image-<applied LSN, 16 hex digits>`, and the same with `.partial` for
/// one that is being written, which a crash may leave behind.
enum ImageName: Equatable, Comparable {
    case partial(lsn: UInt64)
    case whole(lsn: UInt64)

    private static let prefix = "image-"
    private static let suffix = ".partial"

    var text: String {
        switch self {
        case .partial(let lsn): Self.prefix + lsn.hexadecimalDigits + Self.suffix
        case .whole(let lsn): Self.prefix + lsn.hexadecimalDigits
        }
    }

    /// Nil for what this store did not name.
    init?(_ text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        let isPartial = text.hasSuffix(Self.suffix)
        let digits = text.dropFirst(Self.prefix.count).dropLast(isPartial ? Self.suffix.count : 0)
        guard let lsn = UInt64(digits, radix: 16), digits == lsn.hexadecimalDigits else { return nil }
        self = isPartial ? .partial(lsn: lsn) : .whole(lsn: lsn)
    }
}
