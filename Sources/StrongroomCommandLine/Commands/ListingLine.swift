#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom

/// A line of a listing, for people.
enum ListingLine {
    static func text(_ modified: Date, _ size: String, _ key: String) -> String {
        "\(modified.formatted(.iso8601)) \(padded(size)) \(quoted(key))"
    }

    static func text(commonPrefix: String) -> String { "\(padded("")) \(quoted(commonPrefix))" }

    private static func padded(_ size: String) -> String {
        String(repeating: " ", count: max(0, 15 - size.count)) + size
    }
}

/// Prints a page's common prefixes among its entries, so that both together are in byte order, as one listing.
struct CommonPrefixLines {
    private var prefixes: ArraySlice<String>
    private let console: Console

    init(_ prefixes: [String], _ console: Console) {
        self.prefixes = prefixes[...]
        self.console = console
    }

    mutating func emit(before key: ObjectKey) {
        while let next = prefixes.first, next.utf8.lexicographicallyPrecedes(key.rawValue.utf8) { emitFirst(next) }
    }

    mutating func emitRest() {
        while let next = prefixes.first { emitFirst(next) }
    }

    private mutating func emitFirst(_ prefix: String) {
        console.emit(CommonPrefixRecord(prefix: prefix), text: ListingLine.text(commonPrefix: prefix))
        prefixes.removeFirst()
    }
}
#endif
