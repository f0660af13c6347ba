import Foundation
import StrongroomKMSKeys
import StrongroomStorage
import StrongroomSystem
import Synchronization
import SystemPackage
import Testing

@testable import Strongroom

@Suite("Backup and restore")
struct BackupRestoreTests {
    private static func backUp(_ filled: FilledStore, to folder: FilePath) async throws -> BackupReport {
        let store = try await Store.open(at: filled.directory.store, options: FilledStore.options)
        // Closed where it fails as well: whoever only lets go of a store may still find it locked for a moment.
        let report: Result<BackupReport, any Error>
        do {
            report = .success(try await store.backUp(to: folder))
        } catch {
            report = .failure(error)
        }
        try await store.close()
        return try report.get()
    }

    private static func restore(
        from folder: FilePath, to path: FilePath, keyring: FilePath?, _ target: RestoreOptions.Target = .newest
    ) async throws -> RestoreReport {
        var options = RestoreOptions()
        options.target = target
        options.keyCheck = keyring.map { keyring in
            var keys = FilledStore.options
            keys.keyring = keyring
            return keys
        }
        return try await Store.restore(from: folder, to: path, options: options)
    }

    @Test("Everything comes back, and the store goes on")
    func everythingComesBack() async throws {
        let filled = try await FilledStore()
        let folder = filled.directory.path.appending("backups")
        let made = try await Self.backUp(filled, to: folder)
        #expect(made.isSound && made.backup.number == 1 && made.fileCount > 3)
        let checked = try await Store.verifyBackup(in: folder)
        #expect(checked.findings == [])
        #expect(try await Store.backups(in: folder) == [made.backup])

        let place = filled.directory.path.appending("restored")
        let report = try await Self.restore(from: folder, to: place, keyring: filled.directory.keyring)
        #expect(report.lastLSN == made.backup.lastLSN)
        #expect(report.checkedKeyCount > 0)
        var options = FilledStore.options
        options.keyring = filled.directory.keyring
        let census = try await FilledStore.soundCensus(at: place, options)
        #expect(census.difference(to: filled.census) == [])
        let store = try await Store.open(at: place, options: options)
        try await store.bucket("plain").put("new", [1, 2, 3])
        try await store.close()
        #expect(try await FilledStore.soundCensus(at: place, options).things.count == census.things.count + 1)
    }

    @Test("A folder with other things, or with another store's backups, is refused")
    func foreignFolders() async throws {
        let filled = try await FilledStore()
        let other = try await FilledStore(seed: 2)
        let folder = filled.directory.path.appending("backups")
        _ = try await Self.backUp(filled, to: folder)
        #expect(try await errorCode { try await Self.backUp(other, to: folder) } == .alreadyExists)
        #expect(try await errorCode { try await Self.backUp(filled, to: filled.directory.path) } == .alreadyExists)
        let inside = filled.directory.store.appending("backups")
        #expect(try await errorCode { try await Self.backUp(filled, to: inside) } == .invalidArgument)
        #expect(try await errorCode { try await Store.backups(in: other.directory.path.appending("no")) } == nil)
        let nothing = other.directory.path.appending("nothing")
        let code = try await errorCode { try await Self.restore(from: nothing, to: folder, keyring: nil) }
        #expect(code == .notFound)
    }

    @Test("A backup has no key, and a restore looks for each of them first")
    func keysAreLookedFor() async throws {
        let filled = try await FilledStore()
        let folder = filled.directory.path.appending("backups")
        _ = try await Self.backUp(filled, to: folder)
        let place = filled.directory.path.appending("restored")
        let missing = filled.directory.path.appending("no keyring")
        #expect(
            try await errorCode { try await Self.restore(from: folder, to: place, keyring: missing) }
                == .keyringMissing)
        let foreign = try await FilledStore(seed: 3)
        let code = try await errorCode {
            try await Self.restore(from: folder, to: place, keyring: foreign.directory.keyring)
        }
        #expect(code != nil)
        // Nothing there can be taken for a store, nor is an empty one made in its place.
        #expect(try await errorCode { try await Store.open(at: place, options: FilledStore.options) } == .alreadyExists)
        // Repeating it is all that is needed.
        _ = try await Self.restore(from: folder, to: place, keyring: filled.directory.keyring)
        var options = FilledStore.options
        options.keyring = filled.directory.keyring
        #expect(try await FilledStore.soundCensus(at: place, options).difference(to: filled.census) == [])
    }

    /// The story: of a store with one object under SSE-KMS no backup could be restored, whichever keyring was given:
    /// the service's name was looked for in a file that a restore writes last.
    @Test("Objects under the key service come back, and their keys are looked for as well")
    func keyService() async throws {
        var options = FilledStore.options
        options.keyService = KeyServiceOptions(.linked(KMSKeys.table), deadlineSeconds: 120)
        let directory = try TemporaryDirectory()
        let folder = directory.path.appending("backups")
        let store = try await Store.open(at: directory.store, options: options)
        let bucket = try await store.createBucket("data")
        try await bucket.put("managed", [1])
        try await bucket.put("kms", [2], options: PutOptions(encryption: .kms()))
        try await bucket.put("dual", [3], options: PutOptions(encryption: .kmsDualLayer()))
        try await store.backUp(to: folder)
        try await store.close()
        var restoring = RestoreOptions()
        options.keyring = directory.keyring
        restoring.keyCheck = options
        let place = directory.path.appending("restored")
        let report = try await Store.restore(from: folder, to: place, options: restoring)
        #expect(report.checkedKeyCount >= 2)
        let restored = try await Store.open(at: place, options: options)
        for (key, bytes) in [("managed", [1]), ("kms", [2]), ("dual", [3])] as [(ObjectKey, [UInt8])] {
            #expect(try await restored.bucket("data").get(key).collect(upTo: 10) == bytes)
        }
        try await restored.close()
        // Without the service's part of the keyring nothing is made anew, and nothing is restored.
        let poor = directory.path.appending("poor")
        try FileManager.default.copyItem(atPath: directory.keyring.string, toPath: poor.string)
        try FileManager.default.removeItem(atPath: poor.appending("kms").string)
        options.keyring = poor
        restoring.keyCheck = options
        let refusal = await #expect(throws: StoreError.self) {
            try await Store.restore(from: folder, to: directory.path.appending("again"), options: restoring)
        }
        #expect(refusal?.code == .keyNotFound)
        #expect(!FileManager.default.fileExists(atPath: poor.appending("kms").string))
    }

    @Test("The keyring of before a rotation lacks the key of what came after")
    func anOlderKeyring() async throws {
        let filled = try await FilledStore { store in
            let directory = FilePath("\(store.engine.directory)")
            let old = FilePath("\(directory).old")
            try FileManager.default.copyItem(atPath: "\(directory).keyring", toPath: old.string)
            try await store.rotateManagedKey()
            try await store.bucket("plain").put("after the rotation", [1, 2, 3])
        }
        let folder = filled.directory.path.appending("backups")
        _ = try await Self.backUp(filled, to: folder)
        let place = filled.directory.path.appending("restored")
        let old = FilePath("\(filled.directory.store).old")
        let error = await #expect(throws: StoreError.self) {
            _ = try await Self.restore(from: folder, to: place, keyring: old)
        }
        #expect(error?.code == .keyNotFound)
        #expect(error?.message.contains("after the rotation") == true)
    }

    /// The story: the key of the outer of two layers was not looked for, and such an object could not be read after it.
    @Test("Of two layers the outer one's key is looked for as well")
    func outerLayer() async throws {
        var options = FilledStore.options
        options.keyService = KeyServiceOptions(.linked(KMSKeys.table), deadlineSeconds: 120)
        let directory = try TemporaryDirectory()
        let folder = directory.path.appending("backups")
        let store = try await Store.open(at: directory.store, options: options)
        let bucket = try await store.createBucket("data")
        try await bucket.put("kms", [2], options: PutOptions(encryption: .kms()))
        let old = directory.path.appending("old")
        try FileManager.default.copyItem(atPath: directory.keyring.string, toPath: old.string)
        try await store.rotateManagedKey()
        try await bucket.put("dual", [3], options: PutOptions(encryption: .kmsDualLayer()))
        try await store.backUp(to: folder)
        try await store.close()
        var restoring = RestoreOptions()
        for (keyring, isWhole) in [(old, false), (directory.keyring, true)] {
            options.keyring = keyring
            restoring.keyCheck = options
            let place = directory.path.appending("restored \(isWhole)")
            let code = try await errorCode { try await Store.restore(from: folder, to: place, options: restoring) }
            #expect(code == (isWhole ? nil : .keyNotFound))
        }
    }

    @Test("Positions of before a restore mean nothing after it")
    func positionsOfBefore() async throws {
        let filled = try await FilledStore()
        let folder = filled.directory.path.appending("backups")
        let store = try await Store.open(at: filled.directory.store, options: FilledStore.options)
        let position = try await store.position()
        _ = try await store.consumer(named: "index")
        try await store.backUp(to: folder)
        try await store.close()
        let place = filled.directory.path.appending("restored")
        _ = try await Self.restore(from: folder, to: place, keyring: filled.directory.keyring)
        var options = FilledStore.options
        options.keyring = filled.directory.keyring
        let restored = try await Store.open(at: place, options: options)
        #expect(try await errorCode { try await restored.changes(after: position) } == .invalidArgument)
        let index = try await restored.consumer(named: "index")
        #expect(try await errorCode { try await index.changes() } == .positionExpired)
        #expect(try await restored.listConsumers().map(\.isOutdated) == [true])
        try await restored.close()
    }

    @Test("Chained backups: each restores to its own state, and an altered manifest is seen")
    func chained() async throws {
        let filled = try await FilledStore()
        let folder = filled.directory.path.appending("backups")
        var censuses: [StoreCensus] = []
        for number in 0..<3 {
            let store = try await Store.open(at: filled.directory.store, options: FilledStore.options)
            try await store.bucket("plain").put("object 1", [UInt8(number)])
            try await store.bucket("plain").delete(ObjectKey("object \(5 + number)"))
            let report = try await store.backUp(to: folder)
            #expect(report.backup.number == UInt64(number + 1))
            #expect(number == 0 || report.reusedFileCount > 0)
            censuses.append(try await StoreCensus(of: store))
            try await store.close()
        }
        var options = FilledStore.options
        options.keyring = filled.directory.keyring
        for (number, census) in censuses.enumerated() {
            let place = filled.directory.path.appending("restored \(number)")
            _ = try await Self.restore(
                from: folder, to: place, keyring: filled.directory.keyring, .backup(UInt64(number + 1)))
            #expect(try await FilledStore.soundCensus(at: place, options).difference(to: census) == [])
        }
        let first = folder.appending("manifests/00000001.json")
        let second = folder.appending("manifests/00000002.json")
        #expect(try await Store.verifyBackup(2, in: folder).isSound)
        // As somebody would who wants another history: a whole manifest, but not the one that was there.
        var changed = try BackupManifest.read(1, in: folder, PosixFileSystem())
        changed.contents.timeMilliseconds += 1
        try FileManager.default.removeItem(atPath: first.string)
        try changed.write(in: folder, PosixFileSystem())
        #expect(try await Store.verifyBackup(2, in: folder).findings.map(\.place) == [first.string])
        var bytes = try filled.directory.contents(of: second)
        bytes[200] ^= 1
        try filled.directory.overwrite(second, with: bytes)
        #expect(try await errorCode { try await Store.verifyBackup(2, in: folder) } == .corrupted)
    }

    @Test("One backup at a time goes into a folder")
    func oneAtATime() async throws {
        let filled = try await FilledStore()
        let folder = filled.directory.path.appending("backups")
        _ = try await Self.backUp(filled, to: folder)
        let other = try PosixFileSystem().lockExclusively(folder.appending("LOCK"))
        #expect(try await errorCode { try await Self.backUp(filled, to: folder) } == .storeInUse)
        other.release()
        #expect(try await Self.backUp(filled, to: folder).backup.number == 2)
    }

    /// The mark of a restore may outlive it by a crash. Once a restore that was repeated there cleared a store in use.
    @Test("A whole store is not cleared, whatever mark stands beside it")
    func leftoverMark() async throws {
        let filled = try await FilledStore()
        let folder = filled.directory.path.appending("backups")
        _ = try await Self.backUp(filled, to: folder)
        let store = filled.directory.store
        try filled.directory.write([], to: store.appending(StoreCreation.restoreMarkName))
        let code = try await errorCode { try await Self.restore(from: folder, to: store, keyring: nil) }
        #expect(code == .alreadyExists)
        #expect(try await FilledStore.soundCensus(at: store).difference(to: filled.census) == [])
    }

    @Test("A manifest that names files elsewhere is refused", arguments: ["../../store.json", "/etc/passwd", ".", ""])
    func foreignFiles(name: String) async throws {
        let filled = try await FilledStore()
        let folder = filled.directory.path.appending("backups")
        _ = try await Self.backUp(filled, to: folder)
        var changed = try BackupManifest.read(1, in: folder, PosixFileSystem())
        changed.contents.segments[0].file = name
        try FileManager.default.removeItem(atPath: folder.appending("manifests/00000001.json").string)
        try changed.write(in: folder, PosixFileSystem())
        let place = filled.directory.path.appending("restored")
        #expect(try await errorCode { try await Self.restore(from: folder, to: place, keyring: nil) } == .corrupted)
        #expect(try await errorCode { try await Store.verifyBackup(in: folder) } == .corrupted)
    }

    @Test("A cancelled backup and a cancelled restore leave nothing that counts, and are repeated")
    func cancelled() async throws {
        let filled = try await FilledStore()
        let folder = filled.directory.path.appending("backups")
        let place = filled.directory.path.appending("restored")
        let store = try await Store.open(at: filled.directory.store, options: FilledStore.options)
        #expect(
            await Self.codeWhenCancelled { progress in try await store.backUp(to: folder, progress: progress) }
                == .cancelled)
        #expect(try await Store.backups(in: folder) == [])
        try await store.backUp(to: folder)
        try await store.close()
        #expect(
            await Self.codeWhenCancelled { progress in
                var options = RestoreOptions()
                options.keyCheck = nil
                try await Store.restore(from: folder, to: place, options: options, progress: progress)
            } == .cancelled)
        #expect(try await errorCode { try await Store.open(at: place, options: FilledStore.options) } == .alreadyExists)
        _ = try await Self.restore(from: folder, to: place, keyring: filled.directory.keyring)
        var keys = FilledStore.options
        keys.keyring = filled.directory.keyring
        #expect(try await FilledStore.soundCensus(at: place, keys).difference(to: filled.census) == [])
    }

    /// Cancels the task as soon as the first file is reported.
    private static func codeWhenCancelled(
        _ body: @escaping @Sendable (@escaping @Sendable (BackupActivity) -> Void) async throws -> Void
    ) async -> StoreError.Code? {
        let work = Mutex<Task<StoreError.Code?, Never>?>(nil)
        let (started, starter) = AsyncStream.makeStream(of: Void.self)
        let task = Task<StoreError.Code?, Never> {
            for await _ in started { break }
            do {
                try await body { _ in work.withLock { $0?.cancel() } }
                return nil
            } catch {
                return (error as? StoreError)?.code
            }
        }
        work.withLock { $0 = task }
        starter.yield()
        return await task.value
    }
}
