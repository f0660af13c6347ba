import StrongroomSimulation
import StrongroomSystem
import SystemPackage
import Testing

@testable import StrongroomJournal

@Suite struct GroupWriterTests {
    /// No segment is made that small. Were one, a frame past its end would be acknowledged and never be found again.
    @Test func aFrameThatFitsNoNewSegmentIsRefused() throws {
        let disk = try JournalFixture().disk
        var configuration = JournalModel.smallConfiguration()
        configuration.initialSegmentBytes = 128 << 10
        configuration.reservedSegments = 0
        let path = SegmentName.spare(number: 1).path(in: JournalFixture.directory)
        let spare = SpareSegment(file: try disk.open(path, .create), sizeBytes: 64 << 10)
        try spare.file.allocate(sizeBytes: spare.sizeBytes)
        var writer = GroupWriter(
            directory: JournalFixture.directory, fileSystem: disk, storeID: JournalFixture.storeID,
            random: SeededRandom(seed: 1, for: disk), configuration: configuration,
            preparer: SegmentPreparer(
                directory: JournalFixture.directory, fileSystem: disk, configuration: configuration, spares: [spare],
                largestSegmentBytes: nil, nextNumber: 2),
            newestID: 0, lastLSN: 0, endsWithPromise: true, resuming: nil)
        for _ in 0..<2 {
            let error = storageError { () throws(StorageError) in
                _ = try writer.add(
                    .commit, lsn: 1, pieces: [[UInt8](repeating: 1, count: 100_000)], mayUseReserve: false
                ) { _ in }
            }
            #expect(error?.code == .durabilityUnknown)
        }
        #expect(writer.lastLSN == 0)
    }
}
