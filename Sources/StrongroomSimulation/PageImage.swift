/// A sparse file image: pages that were never written are absent.
struct PageImage: Sendable {
    static let pageSizeBytes = 4096

    private(set) var pages: [Int: [UInt8]] = [:]

    static let zeroPage = [UInt8](repeating: 0, count: pageSizeBytes)

    mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        var position = offset
        var rest = bytes
        while !rest.isEmpty {
            let (page, start) = position.quotientAndRemainder(dividingBy: Self.pageSizeBytes)
            let piece = rest.prefix(Self.pageSizeBytes - start)
            if piece.count == Self.pageSizeBytes {
                pages[page] = Array(piece)
            } else {
                unsafe pages[page, default: Self.zeroPage].withUnsafeMutableBytes { target in
                    // Safe: the piece ends within the page. (`replaceSubrange` takes minutes in debug builds.)
                    unsafe piece.withUnsafeBytes { unsafe target.baseAddress!.advanced(by: start).copyBytes(of: $0) }
                }
            }
            rest = rest.dropFirst(piece.count)
            position += piece.count
        }
    }

    /// Absent pages read as zeros, as holes and reserved ranges do.
    func read(_ range: Range<Int>) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: range.count)
        unsafe result.withUnsafeMutableBytes { target in
            var position = range.lowerBound
            while position < range.upperBound {
                let (page, start) = position.quotientAndRemainder(dividingBy: Self.pageSizeBytes)
                let count = min(Self.pageSizeBytes - start, range.upperBound - position)
                if let bytes = pages[page] {
                    // Safe: `count` bytes lie within the page and within what is left of the result.
                    unsafe bytes.withUnsafeBytes { source in
                        unsafe target.baseAddress!.advanced(by: position - range.lowerBound)
                            .copyBytes(of: UnsafeRawBufferPointer(rebasing: source[start..<start + count]))
                    }
                }
                position += count
            }
        }
        return result
    }

    func contains(page: Int) -> Bool { pages[page] != nil }

    mutating func fill(page: Int, with bytes: [UInt8]) { pages[page] = bytes }

    /// Puts a byte wherever nothing was ever written.
    mutating func fillHoles(upToBytes sizeBytes: Int, with byte: UInt8) {
        let pageCount = (sizeBytes + Self.pageSizeBytes - 1) / Self.pageSizeBytes
        for page in 0..<pageCount where pages[page] == nil {
            pages[page] = [UInt8](repeating: byte, count: Self.pageSizeBytes)
        }
        truncate(toBytes: sizeBytes)
    }

    /// Forgets what lies at or past `sizeBytes`: growing again reads zeros there.
    mutating func truncate(toBytes sizeBytes: Int) {
        let (page, rest) = sizeBytes.quotientAndRemainder(dividingBy: Self.pageSizeBytes)
        for index in pages.keys where index > page || (index == page && rest == 0) { pages[index] = nil }
        if rest > 0, pages[page] != nil {
            write(Self.zeroPage[rest...], at: sizeBytes)
        }
    }
}

extension UnsafeMutableRawPointer {
    fileprivate func copyBytes(of source: UnsafeRawBufferPointer) {
        // Safe where the caller left room for all of `source`; an empty one may have no address.
        if let address = source.baseAddress { unsafe copyMemory(from: address, byteCount: source.count) }
    }
}
