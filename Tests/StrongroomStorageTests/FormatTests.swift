import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomStorage

/// The bytes on disk: they come back, they do not change, and no bytes at all make a reader trap.
@Suite struct FormatTests {
    private let rows: [StoredRow] = [
        StoredRow(value: [], payload: .none),
        StoredRow(value: [1, 2, 3], payload: .none),
        StoredRow(value: [9], payload: .inline([4, 5])),
        StoredRow(value: [9], payload: .inline([])),
        StoredRow(value: [], payload: .segment(id: 1 << 40, offset: 77, lengthBytes: 5)),
        StoredRow(
            value: [1],
            payload: .blob(BlobReference(epoch: 5, id: [UInt8](repeating: 6, count: 16), lengthBytes: 1 << 50))),
    ]

    @Test func rowsComeBack() {
        for row in rows { #expect(StoredRowCodec.decode(StoredRowCodec.encode(row)) == row) }
    }

    /// Fixed bytes: a change here is a change of the format.
    @Test func rowBytesAreFixed() {
        #expect(StoredRowCodec.encode(rows[1]) == [0, 1, 2, 3])
        #expect(StoredRowCodec.encode(rows[2]) == [1, 2, 0, 0, 0, 4, 5, 9])
        #expect(
            StoredRowCodec.encode(rows[4]) == [2, 0, 0, 0, 0, 0, 1, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0])
        #expect(
            StoredRowCodec.encode(rows[5])
                == [3, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0] + [UInt8](repeating: 6, count: 16) + [1])
    }

    @Test func commitsComeBackAndAreCanonical() throws {
        let mutations = [
            CommitFrame.Mutation(key: [1], row: nil),
            CommitFrame.Mutation(key: [2, 0, 255], row: StoredRowCodec.encode(value: [7], attachment: 1)),
            CommitFrame.Mutation(key: [3], row: StoredRowCodec.encode(rows[5])),
        ]
        let (frame, pieces) = CommitFrame.encode(
            timeMilliseconds: -5, mutations: mutations, attachments: [[], [1, 2, 3], payload(700)], note: [9, 8])
        let body = pieces.flatMap { $0 }
        #expect(CommitFrame(body: body) == frame)
        #expect(frame.attachments.map(\.count) == [0, 3, 700])
        #expect(frame.note == [9, 8] && frame.mutations.count == mutations.count)
        #expect(Array(body[frame.attachments[1]]) == [1, 2, 3])
        // Every proper prefix, and anything behind, is refused.
        for end in 0..<body.count { #expect(CommitFrame(body: Array(body[..<end])) == nil) }
        #expect(CommitFrame(body: body + [0]) == nil)
    }

    @Test func commitBytesAreFixed() {
        let (_, pieces) = CommitFrame.encode(
            timeMilliseconds: 258, mutations: [CommitFrame.Mutation(key: [0x10, 0x61], row: [0, 9])], attachments: [[8]]
        )
        #expect(
            pieces.flatMap { $0 } == [
                2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
                2, 0, 1, 0, 2, 0, 0, 0, 0x10, 0x61, 0, 9, 8,
            ])
    }

    /// Decoders are total, and whatever they accept they would have written.
    @Test func noBytesMakeADecoderTrap() {
        var generator = SeededGenerator(seed: 1)
        let (_, pieces) = CommitFrame.encode(
            timeMilliseconds: 5,
            mutations: rows.enumerated().map {
                CommitFrame.Mutation(key: [UInt8($0 + 1)], row: StoredRowCodec.encode($1))
            },
            attachments: [[1, 2, 3]], note: [4, 5, 6])
        let good = pieces.flatMap { $0 }
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if generator.chance(1, in: 4) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator)) }
            guard let frame = CommitFrame(body: bytes) else { continue }
            let attachments = frame.attachments.map { Array(bytes[$0]) }
            let again = CommitFrame.encode(
                timeMilliseconds: frame.timeMilliseconds, mutations: frame.mutations, attachments: attachments,
                note: frame.note)
            #expect(again.pieces.flatMap { $0 } == bytes)
        }
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<60, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...5, using: &generator) }
            if let row = StoredRowCodec.decode(bytes) { #expect(StoredRowCodec.encode(row) == bytes) }
            _ = BlobFormat.decodeTrailer(bytes)
            _ = SegmentUsage(decoding: bytes)
            _ = try? CheckpointState(decoding: bytes)
        }
    }

    @Test func checkpointStateComesBackAndNoticesDamage() throws {
        var state = CheckpointState(storeID: [UInt8](repeating: 3, count: 16))
        state.containedLSN = 9
        state.appliedLSN = 8
        state.timeMilliseconds = 7
        state.sealedBlobEpoch = 6
        state.statistics.count(.inline([1, 2]), adding: true)
        let bytes = state.encoded()
        #expect(try CheckpointState(decoding: bytes) == state)
        for offset in bytes.indices {
            var damaged = bytes
            damaged[offset] ^= 0x10
            #expect(throws: CheckpointState.Fault.self) { try CheckpointState(decoding: damaged) }
        }
    }

    @Test func blobEndsNoticeDamage() throws {
        let prelude = BlobFormat.Prelude(content: somePrelude, id: [UInt8](repeating: 5, count: 16), epoch: 3)
        let bytes = BlobFormat.encode(prelude)
        #expect(try BlobFormat.decodePrelude(bytes).get() == prelude)
        for offset in stride(from: 0, to: bytes.count, by: 7) {
            var damaged = bytes
            damaged[offset] ^= 1
            #expect(throws: BlobFormat.PreludeFault.self) { try BlobFormat.decodePrelude(damaged).get() }
        }
        let trailer = BlobFormat.Trailer(lengthBytes: 12, treeHash: [UInt8](repeating: 9, count: 32))
        let end = BlobFormat.encode(trailer)
        #expect(BlobFormat.decodeTrailer(end) == trailer)
        for offset in end.indices {
            var damaged = end
            damaged[offset] ^= 1
            #expect(BlobFormat.decodeTrailer(damaged) == nil)
        }
    }

    /// Room behind a prelude's fields was covered by the checksum and looked at by nobody: whoever writes there means
    /// something that this version does not know.
    @Test func bytesBehindAPreludesFieldsAreRefused() {
        var bytes = BlobFormat.encode(
            BlobFormat.Prelude(content: somePrelude, id: [UInt8](repeating: 5, count: 16), epoch: 3))
        bytes[2000] = 1
        bytes.setLittleEndian(bytes.checksum(ofFirst: 4092), at: 4092)
        #expect(throws: BlobFormat.PreludeFault.damaged) { try BlobFormat.decodePrelude(bytes).get() }
    }

    /// The size of the file that a length asks for overflowed: a damaged row, or a trailer that somebody made, stopped
    /// the process that was to find it.
    @Test(arguments: [.max, .max - 4096, 1 << 63, 1 << 62 + 1] as [UInt64])
    func aLengthThatNoPayloadHasIsDamage(lengthBytes: UInt64) throws {
        let files = SimulatedFileSystem(seed: 1)
        let reference = BlobReference(epoch: 1, id: [UInt8](repeating: 5, count: 16), lengthBytes: 3)
        let path = BlobProbe.path(of: reference, in: "/blobs")
        try files.createDirectory("/blobs")
        try files.createDirectory(path.removingLastComponent())
        try BlobProbe.write([1, 2, 3], somePrelude, as: reference, to: try files.open(path, .create))
        #expect(try BlobProbe.read(reference, in: "/blobs", files).payload == [1, 2, 3])

        var damaged = reference
        damaged.lengthBytes = lengthBytes
        let unread = #expect(throws: StorageError.self) { _ = try BlobProbe.read(damaged, in: "/blobs", files) }
        #expect(unread?.code == .corrupted)
        let trailer = BlobFormat.Trailer(lengthBytes: lengthBytes, treeHash: [UInt8](repeating: 9, count: 32))
        let file = try files.open(path, .readWrite)
        try file.write(BlobFormat.encode(trailer), at: 4096 + 3)
        let refused = #expect(throws: StorageError.self) { _ = try BlobProbe.check(file, as: reference) }
        #expect(refused?.code == .corrupted)
    }

    @Test func fileNamesComeBack() {
        let id = (0..<16).map { UInt8($0 * 17) }
        let layout = BlobLayout(directory: "/blobs")
        let path = layout.file(BlobName(epoch: 0xABC, id: id))
        #expect(path.string == "/blobs/0000000000000abc/00112233445566778899aabbccddeeff.blob")
        #expect(BlobLayout.id(fileName: "00112233445566778899aabbccddeeff.blob") == id)
        #expect(BlobLayout.epoch(directoryName: "0000000000000abc") == 0xABC)
        for name in ["00112233445566778899AABBCCDDEEFF.blob", "00.blob", "x", "", ".blob"] {
            #expect(BlobLayout.id(fileName: name) == nil)
        }
        for name in ["abc", "0000000000000ABC", "+000000000000abc", "lost+found"] {
            #expect(BlobLayout.epoch(directoryName: name) == nil)
        }
    }
}
