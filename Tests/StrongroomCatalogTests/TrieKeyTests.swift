import StrongroomSystem
import Testing

@testable import StrongroomCatalog

/// The codec of long names alone.
@Suite struct TrieKeyTests {
    /// The rows that a name makes, when the child behind the nth edge has the id n.
    private static func rows(of name: [UInt8]) -> [[UInt8]] {
        var rows: [[UInt8]] = []
        var position: Int? = 0
        while let start = position {
            var row = TrieKey.parent(UInt64(rows.count))
            position = TrieKey.appendPiece(of: name, from: start, to: &row)
            rows.append(row)
        }
        return rows
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func namesComeBackFromTheirRows(seed: UInt64) throws {
        print("TrieKeyTests: seed \(seed)")
        var keys = HostileKeys(seed: seed, poolSize: 400)
        for _ in 0..<400 {
            let name = keys.next()
            var decoded: [UInt8] = []
            let rows = Self.rows(of: name)
            for (level, row) in rows.enumerated() {
                #expect(row.count <= TrieKey.maximumBytes && TrieKey.maximumBytes <= 511)
                // Outside the macro, which cannot take a span.
                let found = TrieKey.decode(row.span, appendingTo: &decoded)
                let part = try #require(found)
                #expect(part.parent == UInt64(level))
                #expect(part.kind == (level == rows.count - 1 ? .entry : .edge))
            }
            #expect(decoded == name)
        }
    }

    /// Where two names part, their rows compare as the names do: that alone makes the trie ordered.
    @Test(arguments: [21, 22] as [UInt64])
    func rowsCompareAsNamesDo(seed: UInt64) throws {
        print("TrieKeyTests: seed \(seed)")
        var keys = HostileKeys(seed: seed, poolSize: 200)
        for _ in 0..<20_000 {
            let (left, right) = (keys.next(), keys.next())
            guard left != right else { continue }
            let parting = zip(Self.rows(of: left), Self.rows(of: right)).first { $0 != $1 }
            let (leftRow, rightRow) = try #require(parting)
            #expect(ByteOrder.isLess(leftRow, rightRow) == left.lexicographicallyPrecedes(right))
        }
    }

    @Test func idsHaveOneSpelling() {
        for id in [0, 1, 0xFF, 0x100, 0xFFFF_FFFF, 0x1_0000_0000, UInt64.max] {
            let parent = TrieKey.parent(id)
            let decoded = TrieKey.decodeParent(parent.span)
            #expect(decoded?.id == id && decoded?.pieceStart == parent.count)
        }
        // A leading zero, twice; nine bytes; cut off; the header, which is no parent.
        for refused in [[1, 0], [2, 0, 7], [9, 1, 1, 1, 1, 1, 1, 1, 1, 1], [3, 1, 1], TrieKey.headerKey] {
            let decoded = TrieKey.decodeParent(refused.span)
            #expect(decoded == nil, "\(refused)")
        }
        #expect(TrieKey.decodeChildID(TrieKey.childID(0)) == nil, "the root is nobody's child")
    }

    /// Decoding is total, and accepts only what the encoder writes.
    @Test(arguments: [31, 32] as [UInt64])
    func hostileRowsAreRefusedOrCanonical(seed: UInt64) {
        print("TrieKeyTests: seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        var keys = HostileKeys(seed: seed, poolSize: 200)
        var accepted = 0
        for round in 0..<20_000 {
            var row = Self.rows(of: keys.next()).randomElement(using: &generator) ?? []
            if round % 4 == 0 { row = generator.bytes(Int.random(in: 0...520, using: &generator)) }
            for _ in 0..<Int.random(in: 0...2, using: &generator) where !row.isEmpty {
                let index = Int.random(in: 0..<row.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: row[index] = [0, 1, 2, 3, 0xFF].randomElement(using: &generator) ?? 0
                case 1: row.remove(at: index)
                default: row.insert(0, at: index)
                }
            }
            var name: [UInt8] = []
            guard let part = TrieKey.decode(row.span, appendingTo: &name) else { continue }
            accepted += 1
            var again = TrieKey.parent(part.parent)
            // A byte that needs two, so that an edge's piece ends where it did.
            let next = TrieKey.appendPiece(of: part.kind == .edge ? name + [0] : name, from: 0, to: &again)
            #expect(again == row)
            #expect((next != nil) == (part.kind == .edge))
        }
        #expect(accepted > 1_000)
    }

    @Test func headersAreRefusedOrCanonical() throws {
        let header = TrieHeader(nextChildID: 77)
        #expect(try TrieHeader.decode(header.encoded()) == header)
        #expect(throws: TrieHeader.Fault.malformed) { try TrieHeader.decode([]) }
        #expect(throws: TrieHeader.Fault.malformed) { try TrieHeader.decode(Array(header.encoded().dropLast())) }
        #expect(throws: TrieHeader.Fault.malformed) { try TrieHeader.decode(header.encoded() + [0]) }
        var newer = header.encoded()
        newer[7] = 2
        #expect(throws: TrieHeader.Fault.unknownVersion(2)) { try TrieHeader.decode(newer) }
    }
}
