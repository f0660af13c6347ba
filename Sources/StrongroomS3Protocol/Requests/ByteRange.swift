/// A range of bytes as a request asks for it (RFC 9110, section 14.1.2). Of several ranges, and of other units, S3
/// sends the whole object, and so does this.
package enum ByteRange: Equatable, Sendable {
    case from(UInt64)
    case between(UInt64, UInt64)
    /// So many bytes at the end.
    case last(UInt64)

    /// Nil for all that is not one valid range of bytes: such a header is passed over.
    package init?(header: String) {
        let text = header.trimmingBlanks
        guard text.lowercased().hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst("bytes=".count).trimmingBlanks
            .split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (let first?, let last?) where first <= last: self = .between(first, last)
        case (let first?, nil) where ends[1].isEmpty: self = .from(first)
        case (nil, let count?) where ends[0].isEmpty: self = .last(count)
        default: return nil
        }
    }

    /// The bytes of an object that are meant; nil where there are none of them.
    package func resolved(sizeBytes: UInt64) -> Range<UInt64>? {
        switch self {
        case .from(let first): first < sizeBytes ? first..<sizeBytes : nil
        case .between(let first, let last): first < sizeBytes ? first..<min(last, sizeBytes - 1) + 1 : nil
        case .last(let count): count > 0 && sizeBytes > 0 ? sizeBytes - min(count, sizeBytes)..<sizeBytes : nil
        }
    }

    /// Digits alone: no sign, no blank.
    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        // More than there can be is as good as all.
        return UInt64(text) ?? UInt64.max - 1
    }
}
