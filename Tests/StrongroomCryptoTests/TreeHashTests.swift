import StrongroomCrypto
import StrongroomSystem
import Testing

@Suite struct TreeHashTests {
    /// As Glacier's documentation defines it: level by level, an odd node goes up as it is.
    private static func model(_ bytes: [UInt8]) throws -> [UInt8] {
        var level: [[UInt8]] = []
        for start in stride(from: 0, to: max(bytes.count, 1), by: TreeHash.leafSizeBytes) {
            let leaf = Array(bytes[start..<min(start + TreeHash.leafSizeBytes, bytes.count)])
            level.append(try Digest.hash(.sha256, unsafe leaf.span.bytes))
        }
        while level.count > 1 {
            level = try stride(from: 0, to: level.count, by: 2).map { index in
                guard index + 1 < level.count else { return level[index] }
                let pair = level[index] + level[index + 1]
                return try Digest.hash(.sha256, unsafe pair.span.bytes)
            }
        }
        return level[0]
    }

    private static func input(count: Int) -> [UInt8] {
        var input: [UInt8] = []
        for start in stride(from: 0, to: count, by: TreeHash.leafSizeBytes) {
            let value = UInt8(start / TreeHash.leafSizeBytes + 1)
            input += [UInt8](repeating: value, count: min(TreeHash.leafSizeBytes, count - start))
        }
        return input
    }

    @Test func nothingIsTheHashOfNothing() throws {
        #expect(
            try TreeHash.hash(RawSpan()).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    /// One to nine leaves, the last of them full, a byte short, a byte over.
    @Test(arguments: 1...9)
    func agreesWithTheDefinition(leaves: Int) throws {
        for difference in [-1, 0, 1] {
            // Every leaf is of other bytes, so that none can stand for another.
            let count = leaves * TreeHash.leafSizeBytes + difference
            let input = Self.input(count: count)
            #expect(try TreeHash.hash(unsafe input.span.bytes) == Self.model(input))
        }
    }

    @Test func piecesMakeTheSameHash() throws {
        let random = SeededRandom(6)
        let input = Self.input(count: 5 * TreeHash.leafSizeBytes + 12_345)
        let expected = try TreeHash.hash(unsafe input.span.bytes)
        var tree = try TreeHash()
        for _ in 0..<3 {
            var offset = 0
            while offset < input.count {
                let end = min(input.count, offset + random.next(in: 0...700_000))
                tree.update(unsafe input.span.bytes.extracting(offset..<end))
                offset = end
            }
            #expect(tree.finish() == expected)
        }
    }
}
