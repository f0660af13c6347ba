internal import SystemPackage

/// The names of files in `journal/`.
enum SegmentName: Equatable {
    /// `00000001.wal`: in the chain, with a good header.
    case segment(id: UInt64)
    /// `spare-00000001.wal`: written through once and free to become a segment; what it holds means nothing.
    case spare(number: UInt64)
    /// `preparing-00000001.wal`: not yet written through; left behind only by a crash.
    case preparing(number: UInt64)

    private static let suffix = ".wal"
    private static let sparePrefix = "spare-"
    private static let preparingPrefix = "preparing-"

    var text: String {
        switch self {
        case .segment(let id): Self.digits(id) + Self.suffix
        case .spare(let number): Self.sparePrefix + Self.digits(number) + Self.suffix
        case .preparing(let number): Self.preparingPrefix + Self.digits(number) + Self.suffix
        }
    }

    /// Nil for names that are none of the journal's.
    init?(_ text: String) {
        guard text.hasSuffix(Self.suffix) else { return nil }
        let stem = text.dropLast(Self.suffix.count)
        if stem.hasPrefix(Self.sparePrefix), let number = UInt64(stem.dropFirst(Self.sparePrefix.count)) {
            self = .spare(number: number)
        } else if stem.hasPrefix(Self.preparingPrefix), let number = UInt64(stem.dropFirst(Self.preparingPrefix.count))
        {
            self = .preparing(number: number)
        } else if let id = UInt64(stem), id > 0 {
            self = .segment(id: id)
        } else {
            return nil
        }
        // One file, one name: "1.wal" beside "00000001.wal" would be two files for one segment.
        guard self.text == text, number <= JournalNumber.greatestEnd else { return nil }
    }

    private var number: UInt64 {
        switch self {
        case .segment(let number), .spare(let number), .preparing(let number): number
        }
    }

    func path(in directory: FilePath) -> FilePath { directory.appending(text) }

    private static func digits(_ number: UInt64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 8 - text.count)) + text
    }
}
