/// How names of up to 2,304 bytes stand in LMDB, whose keys end at 511, in plain byte order.
///
/// Part of the on-disk format; must not change. A key in LMDB is
///
///     parent      1 + 0…8 bytes   a length, then that many bytes: the id, big-endian, without leading
///                                 zero bytes; the root's id is 0, so its parent is the one byte 00
///     piece       0…400 bytes     the next bytes of the name, each 0x00 written 00 FF
///     terminator  2 bytes         00 01: the name ends here, the value is its row
///                                 00 02: the name goes on under a child, the value is the child's id
///                                        (8 bytes, big-endian)
///
/// or the one byte FF, which is no parent: the header row (`TrieHeader`).
///
/// A name goes on only when its next byte does not fit into the 400: a piece before 00 02 has 399 or
/// 400 bytes, and where it ends depends on those bytes alone, so names that share them share the edge.
/// The order holds because after equal bytes of two pieces 00 01 < 00 02 < 00 FF < 01: a name stands
/// before the names that it is a prefix of, and a 0x00 before every other byte.
package enum TrieKey {
    static let pieceMaximumBytes = 400
    static let rootID: UInt64 = 0
    static let headerKey: [UInt8] = [0xFF]
    static let childIDBytes = 8
    /// Parent, piece and terminator; LMDB's own limit is 511.
    static let maximumBytes = 9 + pieceMaximumBytes + 2

    private static let escape: UInt8 = 0xFF
    private static let endOfName: UInt8 = 0x01
    private static let goesOn: UInt8 = 0x02

    // MARK: - Encoding

    static func appendParent(_ id: UInt64, to row: inout [UInt8]) {
        let byteCount = (UInt64.bitWidth - id.leadingZeroBitCount + 7) / 8
        row.append(UInt8(byteCount))
        for index in (0..<byteCount).reversed() { row.append(UInt8(truncatingIfNeeded: id >> (8 * index))) }
    }

    static func parent(_ id: UInt64) -> [UInt8] {
        var row: [UInt8] = []
        appendParent(id, to: &row)
        return row
    }

    /// Appends the piece of `name` that begins at `start`, with its terminator.
    ///
    /// - Returns: where in the name the next piece begins, or nil when the name ended.
    static func appendPiece(of name: [UInt8], from start: Int, to row: inout [UInt8]) -> Int? {
        assert(start <= name.count)
        var room = pieceMaximumBytes
        var position = start
        while position < name.count, room > 0 {
            if name[position] == 0 {
                guard room >= 2 else { break }
                row.append(0)
                row.append(escape)
                room -= 2
                position += 1
            } else {
                let end = name[position..<min(name.count, position + room)].firstIndex(of: 0)
                let run = position..<(end ?? min(name.count, position + room))
                row.append(contentsOf: name[run])
                room -= run.count
                position = run.upperBound
            }
        }
        row.append(0)
        row.append(position == name.count ? endOfName : goesOn)
        return position == name.count ? nil : position
    }

    static func childID(_ id: UInt64) -> [UInt8] {
        (0..<childIDBytes).reversed().map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }
    }

    /// A bound just past an edge's row and before what follows it: 00 03 is never written.
    static func bound(afterEdge row: [UInt8]) -> [UInt8] {
        assert(row.last == goesOn)
        return row.dropLast() + [goesOn + 1]
    }

    // MARK: - Decoding

    package enum Kind: Sendable { case entry, edge }

    /// Takes a key of LMDB apart and appends its piece of the name to `name`. Total: any bytes may come.
    ///
    /// - Returns: nil when this is no key that the encoder writes (then `name` holds what was read so far).
    package static func decode(
        _ row: Span<UInt8>, appendingTo name: inout [UInt8]
    ) -> (parent: UInt64, kind: Kind)? {
        guard let (parent, pieceStart) = decodeParent(row) else { return nil }
        guard row.count >= pieceStart + 2, row.count - pieceStart - 2 <= pieceMaximumBytes else { return nil }
        let pieceEnd = row.count - 2
        var position = pieceStart
        while position < pieceEnd {
            let byte = row[position]
            if byte == 0 {
                guard position + 1 < pieceEnd, row[position + 1] == escape else { return nil }
                position += 1
            }
            name.append(byte)
            position += 1
        }
        guard row[pieceEnd] == 0 else { return nil }
        switch row[pieceEnd + 1] {
        case endOfName: return (parent, .entry)
        case goesOn where pieceEnd - pieceStart >= pieceMaximumBytes - 1: return (parent, .edge)
        default: return nil
        }
    }

    /// The parent's id and where the piece begins.
    static func decodeParent(_ row: Span<UInt8>) -> (id: UInt64, pieceStart: Int)? {
        guard !row.isEmpty else { return nil }
        let byteCount = Int(row[0])
        guard byteCount <= 8, row.count > byteCount else { return nil }
        guard byteCount > 0 else { return (rootID, 1) }
        // One id has one spelling, else two rows could claim to be the same name.
        guard row[1] != 0 else { return nil }
        var id: UInt64 = 0
        for index in 1...byteCount { id = id << 8 | UInt64(row[index]) }
        return (id, 1 + byteCount)
    }

    static func decodeChildID(_ value: [UInt8]) -> UInt64? {
        guard value.count == childIDBytes else { return nil }
        let id = value.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        return id == rootID ? nil : id
    }
}
