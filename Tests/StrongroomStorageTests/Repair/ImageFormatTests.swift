import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomStorage

/// An image comes back as it was written, or not at all.
@Suite struct ImageFormatTests {
    private static let path = FilePath("/image")

    private static func rows(_ count: Int, seed: UInt64) -> [ImageReader.Row] {
        var generator = SeededGenerator(seed: seed)
        var rows: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<count {
            let key = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let length = generator.chance(1, in: 20) ? 100_000 : Int.random(in: 0...200, using: &generator)
            rows[key] = payload(length, seed: UInt8.random(in: 0...255, using: &generator))
        }
        return rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }

    private static func write(_ rows: [ImageReader.Row]) throws -> (SimulatedFileSystem, ImageSummary) {
        let files = SimulatedFileSystem(seed: 1)
        let file = try files.open(path, .create)
        var writer = try ImageWriter(file, storeID: StoreKind.storeID, appliedLSN: 7)
        for (key, value) in rows { try writer.add(key, value) }
        return (files, try writer.finish())
    }

    private static func read(
        _ files: SimulatedFileSystem
    ) throws(StorageError) -> (rows: [ImageReader.Row], summary: ImageSummary?) {
        var reader = try ImageReader(try files.open(path, .readOnly), storeID: StoreKind.storeID)
        var rows: [ImageReader.Row] = []
        while let more = try reader.next() { rows += more }
        return (rows, reader.summary)
    }

    @Test(arguments: [0, 1, 50, 3000])
    func rowsComeBack(count: Int) throws {
        let rows = Self.rows(count, seed: UInt64(count))
        let (files, summary) = try Self.write(rows)
        let found = try Self.read(files)
        #expect(found.rows.map(\.key) == rows.map(\.key))
        #expect(found.rows.map(\.value) == rows.map(\.value))
        #expect(found.summary == summary)
        #expect(summary.rowCount == UInt64(rows.count))
        #expect(summary.appliedLSN == 7)
    }

    @Test func oneChangedByteIsFoundWhereverItIs() throws {
        let (files, summary) = try Self.write(Self.rows(60, seed: 3))
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<400 {
            let offset = UInt64.random(in: 0..<summary.sizeBytes, using: &generator)
            let mask = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
            files.damage(Self.path, at: offset, mask: mask)
            #expect(throws: StorageError.self, "byte \(offset)") { _ = try Self.read(files) }
            files.damage(Self.path, at: offset, mask: mask)
        }
        #expect(try Self.read(files).summary == summary)
    }

    @Test func whatIsCutOffOrAddedIsFound() throws {
        let (files, summary) = try Self.write(Self.rows(60, seed: 4))
        let file = try files.open(Self.path, .readWrite)
        for sizeBytes in [summary.sizeBytes + 1, summary.sizeBytes - 1, summary.sizeBytes - 60, 5000, 4096, 100, 0] {
            try file.truncate(toBytes: sizeBytes)
            let error = #expect(throws: StorageError.self) { _ = try Self.read(files) }
            #expect(error?.code == .corrupted)
        }
    }

    @Test func imagesOfOtherStoresAndNewerFormatsAreRefused() throws {
        let (files, _) = try Self.write(Self.rows(3, seed: 4))
        let file = try files.open(Self.path, .readWrite)
        let foreign = #expect(throws: StorageError.self) {
            _ = try ImageReader(file, storeID: [UInt8](repeating: 9, count: 16))
        }
        #expect(foreign?.code == .corrupted)
        var header = ImageFormat.header(storeID: StoreKind.storeID, appliedLSN: 7)
        header.setLittleEndian(UInt32(2), at: 8)
        header.setLittleEndian(header.checksum(ofFirst: 4092), at: 4092)
        try file.write(header, at: 0)
        let newer = #expect(throws: StorageError.self) { _ = try Self.read(files) }
        #expect(newer?.code == .unsupportedFormat)
    }

    /// They were covered by the checksum and looked at by nobody.
    @Test(arguments: [12, 40, 4091]) func bytesBetweenAHeadersFieldsAreRefused(offset: Int) {
        var header = ImageFormat.header(storeID: StoreKind.storeID, appliedLSN: 7)
        header[offset] = 1
        header.setLittleEndian(header.checksum(ofFirst: 4092), at: 4092)
        #expect(throws: ImageFormat.Fault.damaged) { try ImageFormat.decodeHeader(header) }
    }

    /// A block of a damaged image could ask for 17 MiB of memory, whatever the size of the file.
    @Test func aBlockThatEndsBehindTheFileIsRefused() throws {
        let (files, summary) = try Self.write(Self.rows(3, seed: 4))
        let file = try files.open(Self.path, .readWrite)
        var length: [UInt8] = []
        length.appendLittleEndian(UInt32(ImageFormat.blockContentMaximumBytes))
        try file.write(length, at: 4096)
        let readBefore = files.statistics.bytesRead
        #expect(throws: StorageError.self) { _ = try Self.read(files) }
        #expect(files.statistics.bytesRead - readBefore < summary.sizeBytes)
    }

    @Test func namesAreReadAsTheyAreWritten() {
        for name in [ImageName.whole(lsn: 0), .whole(lsn: .max), .partial(lsn: 12)] {
            #expect(ImageName(name.text) == name)
        }
        for text in ["image-1", "image-00000000000000FF", "image-+000000000000001", "data.mdb", "image-.partial"] {
            #expect(ImageName(text) == nil)
        }
    }
}
