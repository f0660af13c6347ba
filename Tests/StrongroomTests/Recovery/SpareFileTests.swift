import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

@Suite("Second copies of the store's small files")
struct SpareFileTests {
    /// The story: a mark that a crash had left stayed for ever, and had the store taken for one that was never finished
    /// once `store.json` and its second copy were lost: its objects were cleared away.
    @Test(
        "A mark that outlived the making of a store goes with the next opening", arguments: ["CREATING", "RESTORING"])
    func staleMark(name: String) async throws {
        let filled = try await FilledStore()
        let mark = filled.directory.store.appending(name)
        try filled.directory.write([], to: mark)
        #expect(try await FilledStore.soundCensus(at: filled.directory.store).difference(to: filled.census) == [])
        #expect(try PosixFileSystem().status(mark) == nil)
    }

    enum Damage: CaseIterable { case lost, flipped, cut, emptied }

    private static func damage(_ file: FilePath, _ damage: Damage, in directory: TemporaryDirectory) throws {
        var bytes = try directory.contents(of: file)
        switch damage {
        case .lost: return try PosixFileSystem().remove(file)
        case .flipped: bytes[bytes.count / 2] ^= 4
        case .cut: bytes.removeLast(bytes.count / 3)
        case .emptied: bytes = []
        }
        try directory.overwrite(file, with: bytes)
    }

    @Test("A file that is lost or damaged is mended, and the store is what it was", arguments: Damage.allCases)
    func mended(damage: Damage) async throws {
        for names in [[StoreDescription.fileName], [MetadataKeyFile.fileName], SpareFiles.names] {
            let filled = try await FilledStore()
            let (directory, store) = (filled.directory, filled.directory.store)
            let honest = try names.map { try directory.contents(of: store.appending($0)) }
            for name in names { try Self.damage(store.appending(name), damage, in: directory) }
            let code = try await errorCode { try await Store.open(at: store, options: FilledStore.options).close() }
            #expect(code == .corrupted)

            var options = RepairOptions()
            options.isDryRun = true
            #expect(
                try await Store.repair(at: store, options: options).steps.map(\.kind)
                    == names.map { _ in .settingsMended })
            let report = try await Store.repair(at: store)
            #expect(report.steps.map(\.kind) == names.map { _ in .settingsMended })
            #expect(report.setAside.count == (damage == .lost ? 0 : names.count))
            #expect(try names.map { try directory.contents(of: store.appending($0)) } == honest)
            #expect(try await FilledStore.soundCensus(at: store).difference(to: filled.census) == [])
            #expect(try await Store.repair(at: store).steps.isEmpty)
        }
    }

    /// The story: such a store had "nothing to mend", and was none where it had lost what says that it is one.
    @Test("Where both are gone, that is said, and nobody is told to make a new store", arguments: SpareFiles.names)
    func lost(name: String) async throws {
        let filled = try await FilledStore()
        let store = filled.directory.store
        for suffix in ["", SpareFiles.suffix] { try PosixFileSystem().remove(store.appending(name + suffix)) }
        var options = FilledStore.options
        options.whenAbsent = .refuse
        #expect(try await errorCode { try await Store.open(at: store, options: options).close() } == .corrupted)
        for isDryRun in [true, false] {
            var options = RepairOptions()
            options.isDryRun = isDryRun
            let refusal = await #expect(throws: StoreError.self) { try await Store.repair(at: store, options: options) }
            #expect(refusal?.code == .corrupted && refusal?.message.contains("backup") == true)
        }
        guard name == StoreDescription.fileName else { return }
        // Of one that is being made there is nothing to restore.
        try filled.directory.write([], to: store.appending(StoreCreation.markName))
        #expect(try await errorCode { try await Store.open(at: store, options: options).close() } == .notFound)
        #expect(try await errorCode { try await Store.repair(at: store) } == .notFound)
    }

    @Test("A damaged copy is made anew by the next opening, and nothing is mended with it", arguments: Damage.allCases)
    func damagedCopies(damage: Damage) async throws {
        let filled = try await FilledStore()
        let store = filled.directory.store
        for name in SpareFiles.names {
            let (file, spare) = (store.appending(name), store.appending(name + SpareFiles.suffix))
            let honest = try filled.directory.contents(of: file)
            try Self.damage(spare, damage, in: filled.directory)
            #expect(try await Store.repair(at: store).steps.isEmpty)
            try Self.damage(file, .flipped, in: filled.directory)
            _ = try? await Store.repair(at: store)
            #expect(try filled.directory.contents(of: file) != honest)
            try filled.directory.overwrite(file, with: honest)
            #expect(try await FilledStore.soundCensus(at: store).difference(to: filled.census) == [])
            #expect(try filled.directory.contents(of: spare) == honest)
        }
    }

    @Test("While the store is open nothing is mended")
    func inUse() async throws {
        let filled = try await FilledStore()
        let path = filled.directory.store
        let store = try await Store.open(at: path, options: FilledStore.options)
        try Self.damage(path.appending(StoreDescription.fileName), .lost, in: filled.directory)
        #expect(try await errorCode { try await Store.repair(at: path) } == .storeInUse)
        try await store.close()
        #expect(try await Store.repair(at: path).steps.count == 1)
    }
}
