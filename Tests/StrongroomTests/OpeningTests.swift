import Foundation
import StrongroomCrypto
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

@Suite("Opening a store")
struct OpeningTests {
    static func made(_ options: StoreOptions = .forTests) async throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: options)
        let bucket = try await store.createBucket("bucket")
        try await bucket.put("a", [1, 2, 3])
        try await bucket.put("large", [UInt8](repeating: 5, count: 300_000))
        try await store.close()
        return directory
    }

    static func openingCode(_ directory: TemporaryDirectory, _ options: StoreOptions = .forTests) async throws
        -> StoreError.Code?
    {
        try await errorCode { try await Store.open(at: directory.store, options: options).close() }
    }

    static func passphrase(_ text: String) throws -> SharedSecret {
        // Safe: a UInt8 is raw bytes.
        SharedSecret(try SecretBytes(copying: unsafe Array(text.utf8).span.bytes))
    }

    /// Once it said that the file system could not be told.
    @Test func aMissingParentIsNamed() async throws {
        let directory = try TemporaryDirectory()
        let error = await #expect(throws: StoreError.self) {
            try await Store.open(at: directory.path.appending("missing").appending("store"), options: .forTests)
        }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains(directory.path.appending("missing").string) == true)
    }

    @Test("A second opener is refused, and told who has the store")
    func secondOpener() async throws {
        let directory = try await Self.made()
        let store = try await Store.open(at: directory.store, options: .forTests)
        do {
            _ = try await Store.open(at: directory.store, options: .forTests)
            Issue.record("two have the store open")
        } catch {
            #expect(error.code == .storeInUse)
            #expect(error.message.contains(String(ProcessInfo.processInfo.processIdentifier)), "\(error)")
        }
        try await store.close()
        #expect(try await Self.openingCode(directory) == nil)
    }

    @Test("Dropping the last handle frees the lock")
    func dropped() async throws {
        let directory = try await Self.made()
        do {
            let store = try await Store.open(at: directory.store, options: .forTests)
            try await store.bucket("bucket").put("b", [4])
        }
        // The threads end by themselves; until then the store says that it is in use.
        var code: StoreError.Code?
        for _ in 0..<200 {
            code = try await Self.openingCode(directory)
            if code != .storeInUse { break }
            try await Task.sleep(for: .milliseconds(25))
        }
        #expect(code == nil)
    }

    @Test("A wrong passphrase is told apart from damage")
    func wrongPassphrase() async throws {
        var options = StoreOptions.forTests
        options.rootKey = .passphrase(try Self.passphrase("right"))
        let directory = try await Self.made(options)
        #expect(try await Self.openingCode(directory, options) == nil)
        options.rootKey = .passphrase(try Self.passphrase("wrong"))
        #expect(try await Self.openingCode(directory, options) == .wrongRootKey)
    }

    @Test("A wrong root key file is told apart from damage of the keyring")
    func wrongRootKey() async throws {
        let directory = try await Self.made()
        let files = try directory.files(below: directory.keyring)
        let root = try #require(files.first { $0.extension == "key" })
        let keyring = try #require(files.first { $0.extension != "key" && !$0.string.contains("/anchor-") })
        let honest = try directory.contents(of: root)
        try directory.overwrite(root, with: honest.map { ~$0 })
        #expect(try await Self.openingCode(directory) == .wrongRootKey)
        try directory.overwrite(root, with: honest)
        var damaged = try directory.contents(of: keyring)
        damaged[damaged.count - 40] ^= 1
        try directory.overwrite(keyring, with: damaged)
        #expect(try await Self.openingCode(directory) == .keyringDamaged)
    }

    @Test("Without its keyring a store refuses to open, or opens locked: names list, nothing else works")
    func locked() async throws {
        let directory = try await Self.made()
        var options = StoreOptions.forTests
        options.keyring = directory.path.appending("elsewhere")
        #expect(try await Self.openingCode(directory, options) == .keyringMissing)
        options.whenKeyringMissing = .openLocked
        let store = try await Store.open(at: directory.store, options: options)
        #expect(store.isLocked)
        #expect(try await errorCode { try store.checkReadiness() } == .storeLocked)
        #expect(try await store.listBuckets().map(\.name) == ["bucket"])
        let bucket = store.bucket("bucket")
        #expect(try await bucket.listNames().names == ["a", "large"])
        for code in try await [
            errorCode { try await bucket.put("b", [1]) }, errorCode { try await bucket.get("a") },
            errorCode { try await bucket.head("a") }, errorCode { try await bucket.delete("a") },
            errorCode { try await bucket.list() }, errorCode { try await store.createBucket("another") },
            errorCode { try await store.deleteBucket("bucket") },
            errorCode { try await bucket.setDefaultEncryption(.none) },
        ] { #expect(code == .storeLocked) }
        let report = try await store.verify(readingData: true)
        #expect(report.wasLocked && report.isSound)
        try await store.close()
        #expect(try await Self.openingCode(directory) == nil, "nothing was changed")
    }

    @Test("The keyring may lie elsewhere, and never in the store")
    func keyringPlace() async throws {
        let directory = try TemporaryDirectory()
        var options = StoreOptions.forTests
        options.keyring = directory.store.appending("keys")
        #expect(try await Self.openingCode(directory, options) == .invalidArgument)
        options.keyring = directory.path.appending("elsewhere")
        #expect(try await Self.openingCode(directory, options) == nil)
        #expect(try directory.files(below: directory.store).allSatisfy { !$0.string.contains("s3-managed") })
    }

    @Test("An unknown format version is refused, and nothing is touched")
    func newerFormat() async throws {
        let directory = try await Self.made()
        let path = directory.store.appending(StoreDescription.fileName)
        var description = try StoreDescription.read(in: directory.store, PosixFileSystem())
        description.format = 2
        try CanonicalJSONFile.write(description, to: path, in: PosixFileSystem())
        let before = try directory.files().map { try directory.contents(of: $0) }
        #expect(try await Self.openingCode(directory) == .unsupportedFormat)
        #expect(try directory.files().map { try directory.contents(of: $0) } == before)
    }

    @Test("Another store's metadata key is refused")
    func foreignMetadataKey() async throws {
        let directory = try await Self.made()
        let other = try await Self.made()
        let name = MetadataKeyFile.fileName
        try directory.write(try other.contents(of: other.store.appending(name)), to: directory.store.appending(name))
        #expect(try await Self.openingCode(directory) == .damaged)
    }

    @Test("Where something else stands, no store is made", arguments: [true, false])
    func occupied(isFile: Bool) async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.path.appending("other"), options: .forTests)
        try await store.close()
        if isFile {
            try directory.write([1], to: directory.store)
            #expect(try await Self.openingCode(directory) != nil)
        } else {
            let code = try await errorCode { try await Store.open(at: directory.path, options: .forTests) }
            #expect(code == .alreadyExists)
        }
    }

    @Test("Nothing is made where the caller says so")
    func refusesToCreate() async throws {
        let directory = try TemporaryDirectory()
        var options = StoreOptions.forTests
        options.whenAbsent = .refuse
        #expect(try await Self.openingCode(directory, options) == .notFound)
        #expect(try directory.files().isEmpty)
    }

    @Test("A closed store answers so")
    func closed() async throws {
        let directory = try await Self.made()
        let store = try await Store.open(at: directory.store, options: .forTests)
        let bucket = store.bucket("bucket")
        try store.checkReadiness()
        try await store.close()
        #expect(try await errorCode { try store.checkReadiness() } == .closed)
        #expect(try await errorCode { try await bucket.put("b", [1]) } == .closed)
        #expect(try await errorCode { try await bucket.get("a") } == .closed)
        #expect(try await errorCode { try await bucket.list() } == .closed)
    }

    @Test("Options out of bounds are refused, each by its name")
    func options() async throws {
        let directory = try TemporaryDirectory()
        for change in [
            { $0.memtableLimitBytes = 1 }, { $0.smallObjectLimitBytes = 0 }, { $0.journalSegmentBytes = 1 << 40 },
            { $0.journalSegmentBytes = (1 << 20) + 1 }, { $0.smallObjectLimitBytes = 512 << 10 },
        ] as [(inout StoreOptions) -> Void] {
            var options = StoreOptions.forTests
            change(&options)
            #expect(try await Self.openingCode(directory, options) == .invalidArgument)
        }
    }

    /// Making a store failed halfway left an empty directory and a keyring, and every later attempt was
    /// refused because of that keyring: there was no way on but to remove keys by hand.
    @Test("Making a store that was interrupted begins anew, wherever it was")
    func interruptedCreation() async throws {
        for step in 0..<4 {
            let directory = try await Self.made()
            let fileSystem = PosixFileSystem()
            try fileSystem.remove(directory.store.appending(StoreDescription.fileName))
            // Second copies come after the mark is gone.
            for name in SpareFiles.names {
                try fileSystem.remove(directory.store.appending(name + SpareFiles.suffix))
            }
            try directory.write([], to: directory.store.appending(StoreCreation.markName))
            // Nothing was stored yet when making was interrupted.
            for blob in try directory.files(below: directory.store.appending("blobs")) { try fileSystem.remove(blob) }
            for epoch in try fileSystem.list(directory.store.appending("blobs")) {
                try fileSystem.removeDirectory(directory.store.appending("blobs").appending(epoch))
            }
            if step >= 1 { try fileSystem.remove(directory.store.appending(MetadataKeyFile.fileName)) }
            if step >= 2 {
                for folder in ["journal", "catalog", "blobs"] {
                    try directory.removeTree(directory.store.appending(folder))
                }
            }
            if step >= 3 { try directory.removeTree(directory.keyring) }
            let store = try await Store.open(at: directory.store, options: .forTests)
            #expect(try await store.listBuckets().isEmpty)
            try await store.createBucket("bucket").put("a", [1])
            try await store.close()
            #expect(try await Self.openingCode(directory) == nil)
            #expect(try fileSystem.status(directory.store.appending(StoreCreation.markName)) == nil)
        }
    }

    /// The remedy once named was to remove the directory and its keyring, also to someone who had merely
    /// lost one small file of a full store.
    @Test("A store whose store.json is lost is not touched")
    func lostDescription() async throws {
        let directory = try await Self.made()
        let description = directory.store.appending(StoreDescription.fileName)
        let honest = try directory.contents(of: description)
        try PosixFileSystem().remove(description)
        #expect(try await Self.openingCode(directory) == .corrupted)
        // Not even where a mark of its making has outlived that.
        try directory.write([], to: directory.store.appending(StoreCreation.markName))
        #expect(try await Self.openingCode(directory) == .corrupted)
        try PosixFileSystem().remove(directory.store.appending(StoreDescription.fileName + SpareFiles.suffix))
        try PosixFileSystem().remove(directory.store.appending(StoreCreation.markName))
        #expect(try await Self.openingCode(directory) == .alreadyExists)
        try directory.write(honest, to: description)
        let store = try await Store.open(at: directory.store, options: .forTests)
        #expect(try await store.bucket("bucket").get("a").collect(upTo: 3) == [1, 2, 3])
        try await store.close()
    }

    @Test("A missing file of the store is damage, not a missing store")
    func missingFile() async throws {
        let directory = try await Self.made()
        try PosixFileSystem().remove(directory.store.appending(MetadataKeyFile.fileName))
        #expect(try await Self.openingCode(directory) == .corrupted)
    }

    @Test("Closing twice at once is one closing")
    func closedTwice() async throws {
        let directory = try await Self.made()
        let store = try await Store.open(at: directory.store, options: .forTests)
        async let first: Void = store.close()
        async let second: Void = store.close()
        _ = try await (first, second)
        #expect(try await Self.openingCode(directory) == nil)
        #expect(try await errorCode { try await store.listBuckets() } == .closed)
        #expect(try await errorCode { try await store.bucket("bucket").info() } == .closed)
    }
}
