import StrongroomStorage
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

@Suite("Chained backups")
struct ChainedBackupTests {
    /// A store whose journal is recycled between its backups, unless a consumer keeps it.
    private struct Chain {
        let directory: TemporaryDirectory
        /// What was put by which commit.
        var numbers: [UInt64: Int] = [:]
        var backups: [Backup] = []

        var folder: FilePath { directory.path.appending("backups") }

        init(consumer: String?) async throws {
            directory = try TemporaryDirectory()
            var options = BackupOptions()
            options.consumer = consumer
            let store = try await Store.open(at: directory.store, options: .forTests)
            let bucket = try await store.createBucket("bucket")
            for round in 0..<3 {
                for number in round * 400..<(round + 1) * 400 {
                    let receipt = try await bucket.put(ObjectKey("\(number % 7)"), Array("\(number)".utf8))
                    numbers[receipt.lsn] = number
                    guard number.isMultiple(of: 100) else { continue }
                    try await store.checkpoint()
                    try await store.engine.storage.embedded?.takeImage()
                    try await store.checkpoint()
                }
                _ = try await store.backUp(to: folder, options: options)
            }
            try await store.close()
            backups = try await Store.backups(in: folder)
        }

        func restoreCode(_ lsn: UInt64, to place: FilePath) async throws -> StoreError.Code? {
            var options = RestoreOptions()
            options.target = .commit(lsn)
            var keys = StoreOptions.forTests
            keys.keyring = directory.keyring
            options.keyCheck = keys
            return try await errorCode { try await Store.restore(from: folder, to: place, options: options) }
        }

        /// The store as it was after `number` was put.
        func check(_ number: Int, at place: FilePath) async throws {
            var options = StoreOptions.forTests
            options.keyring = directory.keyring
            let store = try await Store.open(at: place, options: options)
            let bucket = store.bucket("bucket")
            for key in 0..<7 where key <= number {
                let last = number - (number - key) % 7
                let found = try await bucket.get(ObjectKey("\(key)")).collect(upTo: 100)
                #expect(String(decoding: found, as: UTF8.self) == "\(last)", "key \(key) after \(number)")
            }
            #expect(try await store.verify(readingData: true).isSound)
            try await store.close()
        }
    }

    @Test("Every commit between two backups can be restored where a consumer keeps the journal")
    func kept() async throws {
        let chain = try await Chain(consumer: "nightly")
        #expect(chain.backups.map(\.continuesEarlier) == [false, true, true])
        // Without what was kept, the images of the second and third backup are too young for this.
        #expect(chain.backups[2].firstLSN > chain.backups[1].lastLSN + 10)
        for number in [399, 400, 401, 555, 799, 800, 801, 1_000, 1_199] {
            let lsn = try #require(chain.numbers.first { $0.value == number }?.key)
            let place = chain.directory.path.appending("restored \(number)")
            #expect(try await chain.restoreCode(lsn, to: place) == nil)
            try await chain.check(number, at: place)
        }
    }

    @Test("Without one, commits between them are refused, and those in a backup's journal are not")
    func notKept() async throws {
        let chain = try await Chain(consumer: nil)
        #expect(chain.backups.map(\.continuesEarlier) == [false, false, false])
        let between = chain.backups[1].lastLSN + 5
        #expect(between < chain.backups[2].firstLSN)
        let place = chain.directory.path.appending("restored")
        #expect(try await chain.restoreCode(between, to: place) == .positionExpired)
        let last = try #require(chain.numbers[chain.backups[1].lastLSN])
        #expect(try await chain.restoreCode(chain.backups[1].lastLSN, to: place) == nil)
        try await chain.check(last, at: place)
    }

    @Test("Backups of two lives of a store are never joined")
    func otherHistory() async throws {
        let chain = try await Chain(consumer: "nightly")
        let place = chain.directory.path.appending("again")
        #expect(try await chain.restoreCode(chain.backups[0].lastLSN, to: place) == nil)
        var (options, backup) = (StoreOptions.forTests, BackupOptions())
        options.keyring = chain.directory.keyring
        backup.consumer = "nightly"
        let store = try await Store.open(at: place, options: options)
        for number in 0..<20 { try await store.bucket("bucket").put("0", Array("other \(number)".utf8)) }
        _ = try await store.backUp(to: chain.folder, options: backup)
        try await store.close()
        #expect(try await Store.backups(in: chain.folder).map(\.continuesEarlier) == [false, true, true, false])
    }

    /// Blobs that only one backup needs, and such that several do.
    @Test("A backup goes with what it alone needs, whichever it is, and the others are whole", arguments: 1...4)
    func removed(number: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let folder = directory.path.appending("backups")
        let store = try await Store.open(at: directory.store, options: .forTests)
        let bucket = try await store.createBucket("bucket")
        var contents: [[String: [UInt8]]] = [[:]]
        for round in 1...4 {
            var now = contents[contents.count - 1]
            for name in ["kept \(round)", "changing", "small \(round % 2)"] {
                let count = name.hasPrefix("small") ? 3_000 : 200_000
                now[name] = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* round) }
                try await bucket.put(ObjectKey(name), now[name]!)
            }
            if round == 3 {
                try await bucket.delete("kept 1")
                now["kept 1"] = nil
            }
            try await store.checkpoint()
            try await store.engine.storage.embedded?.takeImage()
            for _ in 0..<3 { try await store.checkpoint() }
            _ = try await store.backUp(to: folder)
            contents.append(now)
        }
        try await store.close()
        let before = try directory.files(below: folder).count
        let report = try await Store.removeBackup(number, in: folder)
        #expect(report.backup.number == number)
        #expect(try directory.files(below: folder).count == before - Int(report.fileCount) - 1)
        #expect(report.fileCount > 0, "each has an image or a segment of its own")
        #expect(try await Store.backups(in: folder).map(\.number) == [1, 2, 3, 4].filter { $0 != number })
        #expect(try await errorCode { try await Store.removeBackup(number, in: folder) } == .notFound)
        for left in 1...4 where left != number {
            #expect(try await Store.verifyBackup(UInt64(left), in: folder).findings == [])
            let place = directory.path.appending("restored \(left)")
            var options = RestoreOptions()
            options.target = .backup(UInt64(left))
            options.keyCheck = .forTests
            options.keyCheck?.keyring = directory.keyring
            _ = try await Store.restore(from: folder, to: place, options: options)
            let restored = try await Store.open(at: place, options: options.keyCheck!)
            for (name, bytes) in contents[left] {
                let found = try await restored.bucket("bucket").get(ObjectKey(name)).collect(upTo: 300_000)
                #expect(found == bytes, "\(name) of backup \(left)")
            }
            #expect(try await restored.bucket("bucket").listNames().names.count == contents[left].count)
            try await restored.close()
        }
    }

    @Test("Where a backup that stays is damaged nothing is removed")
    func damaged() async throws {
        let chain = try await Chain(consumer: "nightly")
        let files = try chain.directory.files(below: chain.folder)
        let image = try #require(files.last { $0.extension == "image" })
        var bytes = try chain.directory.contents(of: image)
        bytes[bytes.count / 2] ^= 1
        try chain.directory.overwrite(image, with: bytes)
        #expect(try await errorCode { try await Store.removeBackup(1, in: chain.folder) } == .corrupted)
        #expect(try chain.directory.files(below: chain.folder) == files)
    }
}
