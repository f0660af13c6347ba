import StrongroomJournal
import StrongroomSimulation
import StrongroomSystem
import Testing

@Suite struct FrameDecodingTests {
    private typealias Failure = JournalFrame.DecodingFailure

    /// A frame as the journal writes it, and its salt.
    private func written() throws -> (bytes: [UInt8], salt: UInt64) {
        let fixture = try JournalFixture()
        let journal = try fixture.open().journal
        let location = try #require(try journal.add(lsn: 1, pieces: [Array("body".utf8), Array(" of one".utf8)]))
        try journal.writeGroup()
        let path = JournalFixture.path(location.segmentID)
        let bytes = fixture.disk.contents(of: path, at: location.bodyOffset - 40, count: 51)
        let salt = bytes[24..<32].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        return (bytes, salt)
    }

    private func decode(_ bytes: [UInt8], salt: UInt64) -> Result<JournalFrame, JournalFrame.DecodingFailure> {
        // Safe: a UInt8 is raw bytes.
        JournalFrame.decode(unsafe bytes.span.bytes, salt: salt)
    }

    @Test func theBytesAreThoseOfTheFormat() throws {
        let (bytes, salt) = try written()
        #expect(Array(bytes[0..<4]) == [11, 0, 0, 0])
        #expect(Array(bytes[8..<24]) == [1, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8))
        #expect(Array(bytes[32..<36]) == [1, 0, 1, 0], "a commit, the last of its group")
        let frame = try decode(bytes, salt: salt).get()
        #expect(frame.type == .commit && frame.lsn == 1 && frame.syncedLSN == 0)
        #expect(frame.body == Array("body of one".utf8))
    }

    @Test func everyFlippedBitIsNoticed() throws {
        let (bytes, salt) = try written()
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: Failure.self) { try decode(damaged, salt: salt).get() }
        }
    }

    @Test func everyTruncationIsNoticed() throws {
        let (bytes, salt) = try written()
        for count in 0..<bytes.count { #expect(decode(Array(bytes.prefix(count)), salt: salt) == .failure(.truncated)) }
    }

    @Test func framesOfOtherLivesAreForeign() throws {
        let (bytes, salt) = try written()
        #expect(decode(bytes, salt: salt ^ 1) == .failure(.foreign))
    }

    @Test func anyBytesDecodeWithoutATrap() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...90, using: &generator)).map { _ in UInt8(generator.next() & 0xFF) }
            #expect(throws: Failure.self) { try decode(bytes, salt: 0).get() }
        }
    }
}
