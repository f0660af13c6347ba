import Foundation
import StrongroomCatalog
import StrongroomStorage
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

@Suite("Rollback")
struct RollbackTests {
    /// A store in which keys are put one after the other, and copies of what it was between.
    private struct Scene {
        let directory: TemporaryDirectory
        var options = StoreOptions.forTests

        init() throws { directory = try TemporaryDirectory() }

        var store: FilePath { directory.store }
        func place(_ name: String) -> FilePath { directory.path.appending(name) }

        func put(_ keys: [String], at path: FilePath? = nil) async throws {
            let store = try await Store.open(at: path ?? self.store, options: options)
            if try await store.listBuckets().isEmpty { try await store.createBucket("bucket") }
            for key in keys { try await store.bucket("bucket").put(ObjectKey(key), Array(key.utf8)) }
            try await store.close()
        }

        func openingCode(accepting: Bool = false) async throws -> StoreError.Code? {
            var options = options
            if accepting { options.whenRolledBack = .accept }
            return try await errorCode { try await Store.open(at: store, options: options).close() }
        }

        func findings() async throws -> [String] {
            let store = try await Store.open(at: store, options: options)
            let findings = try await store.verify().findings.map(\.reason)
            try await store.close()
            return findings
        }

        func copy(_ from: FilePath, to: FilePath) throws {
            try? FileManager.default.removeItem(atPath: to.string)
            try FileManager.default.copyItem(atPath: from.string, toPath: to.string)
        }

        func index() throws -> LMDBIndex {
            var options = LMDBIndex.Options()
            options.mustExist = true
            return try LMDBIndex(directory: store.appending("catalog"), options: options)
        }

        /// The engine's rows, as the catalog has them.
        func rows() throws -> [[UInt8]: [UInt8]] {
            let index = try index()
            defer { index.close() }
            return try index.read { snapshot throws(StorageError) in
                var rows: [[UInt8]: [UInt8]] = [:]
                let cursor = try snapshot.cursor()
                var entry = try cursor.seek([0x01])
                while let (key, value) = entry {
                    rows[key] = value
                    entry = try cursor.next()
                }
                return rows
            }
        }

        /// What somebody without the keys can do: commits that change nothing of the engine's that is looked at.
        func lengthen(to lsn: UInt64) async throws {
            let opening = try StoreOpening(store, options)
            let description = try StoreDescription.read(in: store, PosixFileSystem())
            var storageOptions = opening.storageOptions
            (storageOptions.changesCatalog, storageOptions.images) = (false, nil)
            storageOptions.compaction.isAutomatic = false
            let storage = try await EmbeddedStorage.open(
                directory: store, storeID: try description.storeIDBytes(in: store), options: storageOptions,
                environment: opening.storageEnvironment)
            while try await storage.statistics().lastLSN < lsn {
                let outcome: CommitOutcome<Never> = try await storage.metadata.commit(
                    reads: [[0x7F]], attachments: [],
                    decide: { _ in .commit([RowMutation(key: [0x7F], change: .put(value: [], payload: .none))]) })
                guard case .committed = outcome else { return }
            }
            try await storage.close()
        }

        func write(_ changes: [[UInt8]: [UInt8]?]) throws {
            let index = try index()
            defer { index.close() }
            try index.write { transaction throws(StorageError) in
                for (key, value) in changes {
                    if let value { try transaction.put(key, value) } else { try transaction.delete(key) }
                }
            }
        }
    }

    @Test("6: an older copy of the whole store is refused, and may be accepted; nothing is changed by the refusal")
    func olderCopy() async throws {
        let scene = try Scene()
        try await scene.put(["a", "b"])
        try scene.copy(scene.store, to: scene.place("older"))
        try await scene.put(["c"])
        try scene.copy(scene.place("older"), to: scene.store)
        #expect(try await scene.openingCode() == .rolledBack)
        #expect(try await scene.openingCode() == .rolledBack)
        #expect(try await scene.openingCode(accepting: true) == nil)
        #expect(try await scene.openingCode() == nil)
        try await scene.put(["d"])
        #expect(try await scene.findings() == [])
    }

    /// The frames of the journal have no code that needs the keys.
    @Test("6: an older copy whose journal was lengthened with commits of somebody else's is refused as well")
    func lengthened() async throws {
        let scene = try Scene()
        try await scene.put(["a", "b"])
        try scene.copy(scene.store, to: scene.place("older"))
        try await scene.put(["c"])
        let store = try await Store.open(at: scene.store, options: scene.options)
        let lastLSN = try await store.statistics().lastLSN
        try await store.close()
        for extra: UInt64 in [0, 3] {
            try scene.copy(scene.place("older"), to: scene.store)
            try await scene.lengthen(to: lastLSN + extra)
            #expect(try await scene.openingCode() == .rolledBack)
        }
    }

    @Test("an anchor has its place outside store and keyring, and is nobody else's file")
    func anchorPlaces() async throws {
        var scene = try Scene()
        try await scene.put(["a"])
        let others = try Scene()
        let other = others.place("anchor.json")
        var othersOptions = others.options
        othersOptions.anchor = other
        try await Store.open(at: others.store, options: othersOptions).close()
        let note = scene.place("notes.txt")
        #expect(FileManager.default.createFile(atPath: note.string, contents: Data("not an anchor".utf8)))
        for place in [scene.store.appending("a.json"), scene.directory.keyring.appending("a.json"), other, note] {
            let before = try? scene.directory.contents(of: place)
            scene.options.anchor = place
            #expect(try await scene.openingCode() == .invalidArgument)
            #expect(try await scene.openingCode(accepting: true) == .invalidArgument)
            #expect((try? scene.directory.contents(of: place)) == before)
        }
        // Relative to the folder that the process works in.
        let name = "anchor-of-a-test-\(UInt64.random(in: 0...UInt64.max)).json"
        scene.options.anchor = FilePath(name)
        defer { try? FileManager.default.removeItem(atPath: name) }
        #expect(try await scene.openingCode() == nil)
        #expect(FileManager.default.fileExists(atPath: name))
    }

    @Test("6: a store that was accepted goes on on a timeline of its own, and what was given up does not come back")
    func abandonedHistory() async throws {
        let scene = try Scene()
        try await scene.put(["a"])
        try scene.copy(scene.store, to: scene.place("older"))
        try await scene.put(["b", "c", "d"])
        let store = try await Store.open(at: scene.store, options: scene.options)
        let position = try await store.position()
        try await store.close()
        try scene.copy(scene.store, to: scene.place("given up"))

        try scene.copy(scene.place("older"), to: scene.store)
        #expect(try await scene.openingCode(accepting: true) == nil)
        try await scene.put(["e"])
        #expect(try await scene.openingCode(accepting: true) == nil)
        let other = try await Store.open(at: scene.store, options: scene.options)
        #expect(try await errorCode { try await other.changes(after: position) } == .invalidArgument)
        let own = try await other.position()
        try await other.close()
        // Accepted again where there is nothing to accept, it goes on as it was.
        #expect(try await scene.openingCode(accepting: true) == nil)
        let again = try await Store.open(at: scene.store, options: scene.options)
        #expect(try await errorCode { try await again.changes(after: own) } == nil)
        try await again.close()
        try scene.copy(scene.place("given up"), to: scene.store)
        #expect(try await scene.openingCode() == .rolledBack)
    }

    /// The story: a consumer of before went on in the new history without a word, or met a commit again and again that
    /// it took for an altered one.
    @Test("consumers of a history that was given up are told, and can begin anew")
    func consumersOfAnAbandonedHistory() async throws {
        let scene = try Scene()
        try await scene.put(["a"])
        let store = try await Store.open(at: scene.store, options: scene.options)
        _ = try await store.consumer(named: "behind")
        try await store.bucket("bucket").put("b", [1])
        _ = try await store.consumer(named: "caught up")
        try await store.close()
        try scene.copy(scene.store, to: scene.place("older"))
        try await scene.put(["c"])
        try scene.copy(scene.place("older"), to: scene.store)
        #expect(try await scene.openingCode(accepting: true) == nil)
        let other = try await Store.open(at: scene.store, options: scene.options)
        for name in ["behind", "caught up"] {
            let consumer = try await other.consumer(named: name)
            #expect(try await errorCode { try await consumer.changes() } == .positionExpired)
            _ = try await other.consumer(named: name, startingAfter: try await other.position())
            try await other.bucket("bucket").put(ObjectKey("new"), [1])
            var seen: [String?] = []
            for try await change in try await consumer.changes(through: try await other.position()) {
                seen.append(change.key?.rawValue)
            }
            #expect(seen == ["new"])
        }
        try await other.close()
    }

    /// The story: an opening wrote what the catalog is into the anchors, although the journal was still to bring it to
    /// what they said. Whoever killed the process then could put back the store as of that older catalog.
    @Test("6: an anchor does not go back while an older catalog catches up")
    func anchorStays() async throws {
        let scene = try Scene()
        try await scene.put(["a"])
        try scene.copy(scene.store.appending("catalog"), to: scene.place("catalog"))
        try await scene.put(["b"])
        let path = try #require(
            try scene.directory.files(below: scene.directory.keyring).first { $0.string.contains("/anchor-") })
        let anchor = try scene.directory.contents(of: path)
        try scene.copy(scene.place("catalog"), to: scene.store.appending("catalog"))
        let store = try await Store.open(at: scene.store, options: scene.options)
        #expect(try scene.directory.contents(of: path) == anchor)
        try await store.close()
        #expect(try await scene.openingCode() == nil)
    }

    @Test("6: store and keyring put back together are found out by an anchor elsewhere, and by nothing else")
    func keyringToo() async throws {
        var scene = try Scene()
        scene.options.anchor = scene.place("anchor.json")
        try await scene.put(["a"])
        try scene.copy(scene.store, to: scene.place("older"))
        try scene.copy(scene.directory.keyring, to: scene.place("older.keyring"))
        try await scene.put(["b"])
        try scene.copy(scene.place("older"), to: scene.store)
        try scene.copy(scene.place("older.keyring"), to: scene.directory.keyring)
        #expect(try await scene.openingCode() == .rolledBack)
        scene.options.anchor = scene.place("not there/anchor.json")
        #expect(try await scene.openingCode() == .invalidArgument)
        scene.options.anchor = nil
        #expect(try await scene.openingCode() == nil, "nothing inside tells")
    }

    @Test("6: the catalog's file put back is what it was: the journal has the rest, or lacks a segment")
    func olderCatalog() async throws {
        let scene = try Scene()
        try await scene.put(["a", "b"])
        try scene.copy(scene.store.appending("catalog"), to: scene.place("catalog"))
        try await scene.put(["a", "c"])
        try scene.copy(scene.place("catalog"), to: scene.store.appending("catalog"))
        #expect(try await scene.openingCode() == nil)
        let store = try await Store.open(at: scene.store, options: scene.options)
        #expect(try await store.bucket("bucket").list().objects.map(\.key) == ["a", "b", "c"])
        try await store.close()
        #expect(try await scene.findings() == [])
    }

    @Test("6, 7: one row put back, taken away or kept though it was deleted is named by verify")
    func oneRow() async throws {
        for attack in ["put back", "taken away", "resurrected"] {
            let scene = try Scene()
            try await scene.put(["a", "b"])
            let older = try scene.rows()
            let store = try await Store.open(at: scene.store, options: scene.options)
            let bucket = store.bucket("bucket")
            if attack == "resurrected" { try await bucket.delete("a") } else { try await bucket.put("a", [1]) }
            try await store.close()
            #expect(try await scene.findings() == [])
            let newer = try scene.rows()
            var changes: [[UInt8]: [UInt8]?] = [:]
            for (key, value) in older where newer[key] != value { changes[key] = .some(value) }
            for key in newer.keys where older[key] == nil { changes[key] = .some(nil) }
            if attack == "taken away" { changes = changes.mapValues { _ in nil } }
            try #require(!changes.isEmpty)
            try scene.write(changes)
            let findings = try await scene.findings()
            #expect(findings.contains { $0.contains("not those that its root says") }, "\(attack): \(findings)")
        }
    }

    @Test("6: a catalog of another history with as many commits is another one")
    func anotherHistory() async throws {
        let scene = try Scene()
        try await scene.put(["a"])
        try scene.copy(scene.store, to: scene.place("fork"))
        try scene.copy(scene.directory.keyring, to: scene.place("fork.keyring"))
        try await scene.put(["b"])
        try await scene.put(["c"], at: scene.place("fork"))
        try scene.copy(scene.place("fork"), to: scene.store)
        #expect(try await scene.openingCode() == .rolledBack)
    }

    @Test("an anchor that is damaged, of another store or of a newer format is refused; a lost one is made anew")
    func anchorFiles() async throws {
        let scene = try Scene()
        try await scene.put(["a"])
        let path = try #require(
            try scene.directory.files(below: scene.directory.keyring).first { $0.string.contains("/anchor-") })
        let honest = try scene.directory.contents(of: path)
        for position in stride(from: 0, to: honest.count, by: 31) {
            var damaged = honest
            damaged[position] ^= 1
            try scene.directory.overwrite(path, with: damaged)
            #expect(try await scene.openingCode() == .rolledBack)
        }
        try scene.directory.overwrite(path, with: honest)
        let anchor = try CanonicalJSONFile.read(AnchorFile.self, from: path, in: PosixFileSystem())
        for change: @Sendable (inout AnchorFile) -> Void in [
            { $0.lsn -= 1 }, { $0.timeline += 1 }, { $0.root = nil }, { $0.root = "" }, { $0.code = "" },
            { $0.storeId = String($0.storeId.reversed()) }, { $0.root = String(repeating: "0", count: 64) },
        ] {
            var forged = anchor
            change(&forged)
            try CanonicalJSONFile.write(forged, to: path, in: PosixFileSystem())
            #expect(try await scene.openingCode() == .rolledBack)
        }
        var newer = anchor
        newer.format = AnchorFile.currentFormat + 1
        try CanonicalJSONFile.write(newer, to: path, in: PosixFileSystem())
        #expect(try await scene.openingCode() == .unsupportedFormat)
        try FileManager.default.removeItem(atPath: path.string)
        #expect(try await scene.openingCode() == nil)
        #expect(try CanonicalJSONFile.read(AnchorFile.self, from: path, in: PosixFileSystem()) == anchor)
    }

    @Test("what is opened locked stays as it is, to the checkpoint")
    func locked() async throws {
        let scene = try Scene()
        try await scene.put(["a"])
        var options = scene.options
        options.keyring = scene.place("nowhere")
        options.whenKeyringMissing = .openLocked
        let store = try await Store.open(at: scene.store, options: options)
        #expect(try await errorCode { try await store.checkpoint() } == .storeLocked)
        #expect(try await errorCode { try await store.compact() } == .storeLocked)
        try await store.close()
        #expect(try await scene.openingCode() == nil)
        #expect(try await scene.findings() == [])
    }

    @Test(
        "a restored store is one of its own: with the keyring it opens, and is refused where that knows nothing of it")
    func restored() async throws {
        let scene = try Scene()
        try await scene.put(["a"])
        let store = try await Store.open(at: scene.store, options: scene.options)
        _ = try await store.backUp(to: scene.place("backups"))
        try await store.bucket("bucket").put("b", [2])
        try await store.close()

        var (restoring, options) = (RestoreOptions(), scene.options)
        options.keyring = scene.directory.keyring
        restoring.keyCheck = options
        _ = try await Store.restore(from: scene.place("backups"), to: scene.place("restored"), options: restoring)
        try await Store.open(at: scene.place("restored"), options: options).close()
        #expect(try await scene.openingCode() == nil, "the keyring knows both")

        restoring.keyCheck = nil
        _ = try await Store.restore(from: scene.place("backups"), to: scene.place("again"), options: restoring)
        let code = try await errorCode { try await Store.open(at: scene.place("again"), options: options).close() }
        #expect(code == .rolledBack)
        options.whenRolledBack = .accept
        try await Store.open(at: scene.place("again"), options: options).close()
        options.whenRolledBack = .refuse
        let again = try await Store.open(at: scene.place("again"), options: options)
        #expect(try await again.verify(readingData: true).isSound)
        try await again.close()
    }

    @Test("an anchor that cannot be written is told, and stops nothing")
    func unwritable() async throws {
        var scene = try Scene()
        let folder = scene.place("elsewhere")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        scene.options.anchor = folder.appending("anchor.json")
        let store = try await Store.open(at: scene.store, options: scene.options)
        try await store.createBucket("bucket")
        try await store.checkpoint()
        #expect(try await store.statistics().anchorFailure == nil)
        try FileManager.default.moveItem(atPath: folder.string, toPath: scene.place("gone").string)
        try await store.bucket("bucket").put("a", [1])
        try await store.checkpoint()
        #expect(try await store.statistics().anchorFailure != nil)
        try FileManager.default.moveItem(atPath: scene.place("gone").string, toPath: folder.string)
        try await store.bucket("bucket").put("b", [1])
        try await store.checkpoint()
        #expect(try await store.statistics().anchorFailure == nil)
        try await store.close()
        #expect(try await scene.openingCode() == nil)
    }
}
