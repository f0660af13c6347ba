import Foundation
import StrongroomJournal
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

/// LMDB on a disk without room: its own commit fails, of which a simulated index knows nothing.
@Suite struct FullCatalogTests {
    private let directory = TemporaryDirectory()

    private func open(noting model: StoreModel) async throws -> EmbeddedStorage {
        var options = EmbeddedStorageOptions()
        // Checkpoints come when the test says so, and are not repeated.
        options.checkpointIntervalSeconds = nil
        options.isTimed = false
        options.checkpointRowsPerTransaction = 16
        options.journal.initialSegmentBytes = 256 << 10
        options.journal.maximumSegmentBytes = 1 << 20
        options.whenOwnCommitIsDecided = { model.noteOwnCommit(at: $0) }
        return try await EmbeddedStorage.open(
            directory: directory.path, storeID: StoreKind.storeID, options: options, environment: Self.environment)
    }

    private static var environment: StorageEnvironment {
        StorageEnvironment(fileSystem: PosixFileSystem(), random: SystemRandom(), clock: PosixClock())
    }

    private func put(_ numbers: Range<Int>, _ storage: EmbeddedStorage, _ model: StoreModel) async throws {
        for number in numbers {
            let payload = StoreModel.Payload(home: .attachment, length: number * 20, seed: UInt8(number))
            let row = StoreModel.Row(value: [UInt8(number)], payload: payload)
            let entry = WorkloadStep.Entry(key: WorkloadKey(number: number), row: row)
            try await storage.perform(.put([entry]), noting: model)
        }
    }

    @Test func aCheckpointThatHasNoRoomIsMadeLater() async throws {
        try await EmbeddedStorage.create(
            directory: directory.path, storeID: StoreKind.storeID, environment: Self.environment)
        let model = StoreModel()
        let storage = try await open(noting: model)
        try await put(0..<40, storage, model)
        try await storage.checkpoint()
        try await put(20..<80, storage, model)

        let disk = try CatalogDisk(of: directory.path)
        defer { disk.forget() }
        try disk.fill()
        for _ in 0..<2 {
            let refused = await #expect(throws: StorageError.self) { try await storage.checkpoint() }
            #expect(refused?.code == .diskFull && refused?.systemError == .noSpace)
        }
        let full = try await storage.statistics()
        #expect(full.checkpointFailure?.code == .diskFull && full.poison == nil)
        #expect(full.appliedLSN == 40)
        // What the catalog has not is read as before, and the journal takes more.
        try await storage.compare(with: model)
        try await put(70..<100, storage, model)
        try await storage.compare(with: model)

        try disk.giveRoom()
        try await storage.checkpoint()
        let statistics = try await storage.statistics()
        #expect(statistics.checkpointFailure == nil && statistics.appliedLSN == statistics.lastLSN)
        try await storage.compare(with: model)
        #expect(try await storage.verify(readingBlobs: true).findings.map(\.error.description) == [])

        // Closed without room the store is as closed as ever: the journal has what the catalog lacks.
        try await put(0..<20, storage, model)
        try disk.fill()
        let unwritten = await #expect(throws: StorageError.self) { try await storage.close() }
        #expect(unwritten?.code == .diskFull)
        let again = try await open(noting: model)
        try await again.compare(with: model)
        #expect(try await again.verify(readingBlobs: true).findings.map(\.error.description) == [])
        try await again.close()
    }
}

/// The file of a catalog that somebody has open. In its place a device can be put whose writes fail for want of room.
private struct CatalogDisk {
    private let descriptors: [FileDescriptor]
    private let files: [FileDescriptor]

    init(of store: FilePath) throws {
        let suffix = "\(store.lastComponent?.string ?? "")/catalog/data.mdb"
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        let found: [FileDescriptor] = names.compactMap { name in
            // Others' descriptors come and go meanwhile.
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            guard target?.hasSuffix(suffix) == true, let number = CInt(name) else { return nil }
            return FileDescriptor(rawValue: number)
        }
        try #require(!found.isEmpty, "the catalog is not open")
        descriptors = found
        files = try found.map { try $0.duplicate() }
    }

    func fill() throws {
        let device = try FileDescriptor.open(FilePath("/dev/full"), .readWrite)
        defer { try? device.close() }
        for descriptor in descriptors { _ = try device.duplicate(as: descriptor) }
    }

    func giveRoom() throws {
        for (file, descriptor) in zip(files, descriptors) { _ = try file.duplicate(as: descriptor) }
    }

    /// Once the catalog is closed, its numbers are anybody's.
    func forget() { for file in files { try? file.close() } }
}
