import Foundation
import StrongroomStorage
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

/// What a backup is worth of which, or of whose store, something is damaged.
@Suite("Damaged backups")
struct DamagedBackupTests {
    /// A bucket with small objects, whose payloads stand in the journal, and an image that is newer than all of them.
    private struct Scene {
        let directory: TemporaryDirectory
        var options: StoreOptions
        var folder: FilePath { directory.path.appending("backups") }
        var journal: FilePath { directory.store.appending("journal") }

        init() throws {
            directory = try TemporaryDirectory()
            options = .forTests
            options.keyring = directory.keyring
        }

        static func body(_ number: Int, _ round: Int = 0) -> [UInt8] {
            (0..<3_000).map { UInt8(truncatingIfNeeded: $0 &* (number + 3) &+ round) }
        }

        func open() async throws -> Store { try await Store.open(at: directory.store, options: options) }

        func fill(_ store: Store, _ numbers: Range<Int>) async throws {
            if try await store.listBuckets().isEmpty { try await store.createBucket("bucket") }
            for number in numbers { try await store.bucket("bucket").put(ObjectKey("\(number)"), Self.body(number)) }
        }

        func takeImage(_ store: Store) async throws {
            try await store.checkpoint()
            try await store.engine.storage.embedded?.takeImage()
            try await store.checkpoint()
        }

        @discardableResult
        func restore(to name: String, _ target: RestoreOptions.Target = .newest) async throws -> RestoreReport {
            var restoring = RestoreOptions()
            (restoring.target, restoring.keyCheck) = (target, options)
            return try await Store.restore(
                from: folder, to: directory.path.appending(name), options: restoring)
        }

        /// The numbers of the objects that come back as they were.
        func readable(_ name: String, of numbers: Range<Int>) async throws -> Set<Int> {
            let store = try await Store.open(at: directory.path.appending(name), options: options)
            var found: Set<Int> = []
            for number in numbers {
                let bytes = try? await store.bucket("bucket").get(ObjectKey("\(number)")).collect(upTo: 10_000)
                if let bytes {
                    #expect(bytes == Self.body(number), "\(number)")
                    found.insert(number)
                }
            }
            try await store.close()
            return found
        }

        func change(_ file: FilePath, _ change: (inout [UInt8]) -> Void) throws {
            var bytes = try directory.contents(of: file)
            change(&bytes)
            try directory.overwrite(file, with: bytes)
        }

        func copies(_ suffix: String) throws -> [FilePath] {
            try directory.files(below: folder).filter { $0.string.hasSuffix(suffix) }
        }
    }

    enum Damage: CaseIterable { case payload, header, lost }

    /// The story: one bit in one payload, and no backup that had the segment could be restored.
    @Test(
        "Of a damaged copy of a segment everything else comes back, and what does not is told",
        arguments: Damage.allCases)
    func damagedSegment(damage: Damage) async throws {
        let scene = try Scene()
        let store = try await scene.open()
        try await scene.fill(store, 0..<40)
        try await scene.takeImage(store)
        _ = try await store.backUp(to: scene.folder)
        try await store.close()
        let copy = try #require(try scene.copies(".wal").first)
        switch damage {
        case .payload:
            let part = Scene.body(1)
            // Sealed: no byte of a body is found. Some place in the middle of what was written.
            try scene.change(copy) { bytes in
                let end = (bytes.lastIndex { $0 != 0 } ?? 0) - part.count
                bytes[end / 2] ^= 1
            }
        case .header: try scene.change(copy) { bytes in for index in 0..<8_192 { bytes[index] ^= 0x55 } }
        case .lost: try PosixFileSystem().remove(copy)
        }
        #expect(try await !Store.verifyBackup(in: scene.folder).isSound)
        let report = try await scene.restore(to: "restored")
        #expect(!report.findings.isEmpty)
        let readable = try await scene.readable("restored", of: 0..<40)
        #expect(damage == .payload ? readable.count >= 38 : readable.isEmpty, "\(readable.count)")
        let restored = try await Store.open(at: scene.directory.path.appending("restored"), options: scene.options)
        #expect(try await restored.bucket("bucket").listNames().names.count == 40)
        try await restored.bucket("bucket").put("new", [1])
        try await restored.close()
    }

    /// The story: an older copy of the store was put back, and went on in the segment in which its first life had gone
    /// on: the same number, salt and length, and the backup took the first life's segment for the second's.
    @Test("Two lives of one store that go on in one segment have backups of their own")
    func twoLives() async throws {
        let scene = try Scene()
        var store = try await scene.open()
        try await scene.fill(store, 0..<3)
        try await store.close()
        let past = scene.directory.path.appending("past")
        try FileManager.default.copyItem(atPath: scene.directory.store.string, toPath: past.string)
        for round in 1...2 {
            store = try await scene.open()
            try await store.bucket("bucket").put("changed", Scene.body(7, round))
            _ = try await store.backUp(to: scene.folder)
            try await store.close()
            guard round == 1 else { break }
            try scene.directory.removeTree(scene.directory.store)
            try FileManager.default.copyItem(atPath: past.string, toPath: scene.directory.store.string)
            var accepting = scene.options
            accepting.whenRolledBack = .accept
            try await Store.open(at: scene.directory.store, options: accepting).close()
        }
        for round in 1...2 {
            #expect(try await Store.verifyBackup(UInt64(round), in: scene.folder).findings == [])
            try await scene.restore(to: "life \(round)", .backup(UInt64(round)))
            let place = scene.directory.path.appending("life \(round)")
            let restored = try await Store.open(at: place, options: scene.options)
            let found = try await restored.bucket("bucket").get("changed").collect(upTo: 10_000)
            #expect(found == Scene.body(7, round))
            try await restored.close()
        }
    }

    /// The story: of a machine that was put back as a whole, the keyring too, the commits of both lives were taken for
    /// one history: a restore to a commit between two backups would have mixed them.
    @Test("Backups of before and after a machine was put back are not joined")
    func machinePutBack() async throws {
        let scene = try Scene()
        var store = try await scene.open()
        var options = BackupOptions()
        options.consumer = "nightly"
        try await scene.fill(store, 0..<3)
        try await scene.takeImage(store)
        _ = try await store.backUp(to: scene.folder, options: options)
        try await scene.fill(store, 3..<5)
        _ = try await store.backUp(to: scene.folder, options: options)
        try await store.close()
        let parts = [scene.directory.store, scene.directory.keyring]
        let past = scene.directory.path.appending("past")
        try FileManager.default.createDirectory(atPath: past.string, withIntermediateDirectories: false)
        for part in parts {
            try FileManager.default.copyItem(atPath: part.string, toPath: past.appending(part.lastComponent!).string)
        }
        for (round, count) in [(1, 4), (2, 9)] {
            store = try await scene.open()
            for number in 0..<count {
                try await store.bucket("bucket").put("other", Scene.body(number, round))
            }
            _ = try await store.backUp(to: scene.folder, options: options)
            if round == 2 {
                try await scene.fill(store, 5..<6)
                _ = try await store.backUp(to: scene.folder, options: options)
            }
            try await store.close()
            for part in parts {
                try scene.directory.removeTree(part)
                try FileManager.default.copyItem(
                    atPath: past.appending(part.lastComponent!).string, toPath: part.string)
            }
        }
        #expect(try await Store.backups(in: scene.folder).map(\.continuesEarlier) == [false, true, true, false, true])
        // Nor the last one with any before it.
        let manifests = try (UInt64(1)...5).map { try BackupManifest.read($0, in: scene.folder, PosixFileSystem()) }
        for earlier in manifests[..<3] { #expect(!manifests[4].contents.continues(earlier.contents)) }
        for round in 1...2 {
            let name = "round \(round)"
            try await scene.restore(to: name, .backup(UInt64(round) + 2))
            let restored = try await Store.open(at: scene.directory.path.appending(name), options: scene.options)
            let found = try await restored.bucket("bucket").get("other").collect(upTo: 10_000)
            #expect(found == Scene.body(round == 1 ? 3 : 8, round))
            try await restored.close()
        }
    }

    /// The story: a segment of the store's that could not be read kept it from ever being backed up.
    @Test("A store of whose journal a segment cannot be read is backed up without it")
    func unreadableSegment() async throws {
        let scene = try Scene()
        let store = try await scene.open()
        // Segments have 1 MiB: the first is full.
        try await scene.fill(store, 0..<500)
        let first = scene.journal.appending("00000001.wal")
        try scene.change(first) { bytes in for index in 0..<8_192 { bytes[index] = 0 } }
        let made = try await store.backUp(to: scene.folder)
        #expect(made.findings.contains { $0.place.contains("00000001.wal") }, "\(made.findings)")
        try await store.close()
        let report = try await scene.restore(to: "restored")
        #expect(!report.findings.isEmpty)
        let readable = try await scene.readable("restored", of: 0..<500)
        #expect(readable.count > 50 && readable.count < 500 && readable.contains(499))
    }

    @Test("A segment that is damaged since an earlier backup is taken from there", arguments: [false, true])
    func damagedSince(isHeader: Bool) async throws {
        let scene = try Scene()
        let store = try await scene.open()
        try await scene.fill(store, 0..<500)
        try await scene.takeImage(store)
        _ = try await store.backUp(to: scene.folder)
        // Both copies of the segment's header, or one of a frame, which begin at blocks.
        let range = isHeader ? 0..<8_192 : 40_960..<40_980
        try scene.change(scene.journal.appending("00000001.wal")) { bytes in for index in range { bytes[index] = 0 } }
        try await scene.fill(store, 500..<501)
        let made = try await store.backUp(to: scene.folder)
        #expect(made.findings == [])
        try await store.close()
        #expect(try await Store.verifyBackup(in: scene.folder).findings == [])
        #expect(try await scene.restore(to: "restored").findings == [])
        #expect(try await scene.readable("restored", of: 0..<501).count == 501)
    }

    /// The story: a backup took whatever had the file's name, and each later one took it from there.
    @Test("A copy that was cut off is made again, and one that is removed, too")
    func cutCopies() async throws {
        let scene = try Scene()
        let store = try await scene.open()
        try await scene.fill(store, 0..<10)
        try await store.bucket("bucket").put("large", [UInt8](repeating: 9, count: 300_000))
        try await scene.takeImage(store)
        _ = try await store.backUp(to: scene.folder)
        for suffix in [".wal", ".image", ".blob"] {
            for path in try scene.copies(suffix) { try scene.change(path) { $0.removeLast($0.count / 2) } }
        }
        #expect(try await !Store.verifyBackup(in: scene.folder).isSound)
        _ = try await store.backUp(to: scene.folder)
        #expect(try await Store.verifyBackup(in: scene.folder).findings == [])
        #expect(try await Store.verifyBackup(1, in: scene.folder).findings == [])
        for suffix in [".wal", ".image", ".blob"] {
            for path in try scene.copies(suffix) { try PosixFileSystem().remove(path) }
        }
        _ = try await store.backUp(to: scene.folder)
        #expect(try await Store.verifyBackup(in: scene.folder).findings == [])
        try await store.close()
    }

    /// The story: only the manifest before the one that was verified was looked at.
    @Test("An altered manifest is seen from each later one", arguments: 1...3)
    func chainOfManifests(number: UInt64) async throws {
        let scene = try Scene()
        let store = try await scene.open()
        for round in 0..<4 {
            try await scene.fill(store, round..<round + 1)
            _ = try await store.backUp(to: scene.folder)
        }
        try await store.close()
        #expect(try await Store.verifyBackup(in: scene.folder).findings == [])
        let files = PosixFileSystem()
        var manifest = try BackupManifest.read(number, in: scene.folder, files)
        manifest.contents.timeMilliseconds += 1
        try manifest.write(in: scene.folder, files)
        let findings = try await Store.verifyBackup(in: scene.folder).findings
        #expect(findings.map(\.place) == [BackupManifest.path(number, in: scene.folder).string])
    }

    /// The story: what an open store has read long ago was copied as it was by then, and no backup said so.
    @Test("Small files that were damaged meanwhile go into a backup as they were", arguments: SpareFiles.names)
    func smallFiles(name: String) async throws {
        let scene = try Scene()
        let store = try await scene.open()
        try await scene.fill(store, 0..<3)
        try scene.change(scene.directory.store.appending(name)) { $0[$0.count / 2] ^= 4 }
        _ = try await store.backUp(to: scene.folder)
        #expect(try await Store.verifyBackup(in: scene.folder).findings == [])
        try await scene.restore(to: "restored")
        #expect(try await scene.readable("restored", of: 0..<3).count == 3)
        // Without a sound copy there is no backup to be made.
        try scene.change(scene.directory.store.appending(name + SpareFiles.suffix)) { $0[$0.count / 2] ^= 4 }
        #expect(try await errorCode { try await store.backUp(to: scene.folder) } == .corrupted)
        try await store.close()
        // A manifest that was made of a damaged one: told, and the other backups are there.
        let files = PosixFileSystem()
        var manifest = try BackupManifest.read(1, in: scene.folder, files)
        manifest.number = 2
        manifest.files = manifest.files.map { file in
            .init(name: file.name, bytes: file.name == name ? String(file.bytes.reversed()) : file.bytes)
        }
        try manifest.write(in: scene.folder, files)
        #expect(try await Store.backups(in: scene.folder).map(\.number) == [1, 2])
        #expect(try await Store.verifyBackup(2, in: scene.folder).findings.contains { $0.reason.contains(name) })
        #expect(try await errorCode { try await scene.restore(to: "none") } == .corrupted)
        #expect(!FileManager.default.fileExists(atPath: scene.directory.path.appending("none").string))
    }

    /// The story: a bit in a commit that nothing replays any more, and no backup could ever be removed.
    @Test("Damage that no replay meets does not keep backups from being removed")
    func removalBesideDamage() async throws {
        let scene = try Scene()
        let store = try await scene.open()
        try await scene.fill(store, 0..<40)
        try await scene.takeImage(store)
        for number in 40..<42 {
            try await scene.fill(store, number..<number + 1)
            _ = try await store.backUp(to: scene.folder)
        }
        try await store.close()
        for copy in try scene.copies(".wal") {
            // Far from the end: long before the image.
            try scene.change(copy) { $0[20_000] ^= 1 }
        }
        let report = try await Store.removeBackup(1, in: scene.folder)
        #expect(report.backup.number == 1)
        #expect(try await Store.backups(in: scene.folder).map(\.number) == [2])
    }

    /// The story: whole segments were copied, and nothing but the header of the new one kept what was given up away.
    @Test("Of an earlier commit no later one is in the restored journal")
    func givenUp() async throws {
        let scene = try Scene()
        let store = try await scene.open()
        try await scene.fill(store, 0..<10)
        let middle = try await store.position().lsn
        try await scene.fill(store, 0..<20)
        for number in 0..<10 { try await store.bucket("bucket").delete(ObjectKey("\(number)")) }
        _ = try await store.backUp(to: scene.folder)
        try await store.close()
        try await scene.restore(to: "restored", .commit(middle))
        #expect(try await scene.readable("restored", of: 0..<20).count == 10)
        // Whoever loses the new segments has what was restored, and a journal that lacks its end.
        let place = scene.directory.path.appending("restored")
        let journal = place.appending("journal")
        for name in try PosixFileSystem().list(journal) where name.hasPrefix("0") && name != "00000001.wal" {
            try PosixFileSystem().remove(journal.appending(name))
        }
        _ = try await Store.repair(at: place)
        var accepting = scene.options
        accepting.whenRolledBack = .accept
        try await Store.open(at: place, options: accepting).close()
        #expect(try await scene.readable("restored", of: 0..<20).count == 10)
    }
}
