/// A sparse file image: pages that were never written are absent.
struct PageImage: Sendable {
    static let pageSizeBytes = 4096

    private(set) var pages: [Int: [UInt8]] = [:]

    mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        var position = offset
        var rest = bytes
        while !rest.isEmpty {
            let (page, start) = position.quotientAndRemainder(dividingBy: Self.pageSizeBytes)
            let piece = rest.prefix(Self.pageSizeBytes - start)
            pages[page, default: [UInt8](repeating: 0, count: Self.pageSizeBytes)]
                .replaceSubrange(start..<start + piece.count, with: piece)
            rest = rest.dropFirst(piece.count)
            position += piece.count
        }
    }

    /// Absent pages read as zeros, as holes and reserved ranges do.
    func read(_ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let (page, start) = position.quotientAndRemainder(dividingBy: Self.pageSizeBytes)
            let end = min(Self.pageSizeBytes, start + range.upperBound - position)
            if let bytes = pages[page] {
                result += bytes[start..<end]
            } else {
                result += repeatElement(0, count: end - start)
            }
            position += end - start
        }
        return result
    }

    func contains(page: Int) -> Bool { pages[page] != nil }

    mutating func fill(page: Int, with bytes: [UInt8]) { pages[page] = bytes }

    /// Forgets what lies at or past `sizeBytes`: growing again reads zeros there.
    mutating func truncate(toBytes sizeBytes: Int) {
        let (page, rest) = sizeBytes.quotientAndRemainder(dividingBy: Self.pageSizeBytes)
        for index in pages.keys where index > page || (index == page && rest == 0) { pages[index] = nil }
        if rest > 0, pages[page] != nil {
            pages[page]!.replaceSubrange(rest..., with: repeatElement(0, count: Self.pageSizeBytes - rest))
        }
    }
}
