import Foundation
import InMemoryLogging
import Logging
import StrongroomCrypto
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom
@testable import StrongroomTesting

@Suite("Temporary stores")
struct TemporaryStoreTests {
    struct Fault: Error, Equatable { var number: Int }

    /// A place of the test's own, so that what is left in it can be told from what other tests have.
    static func withPlace(_ body: (FilePath) async throws -> Void) async throws {
        let place = try TemporaryDirectory(below: TemporaryDirectory.systemPlace)
        do { try await body(place.path) } catch {
            try place.remove()
            throw error
        }
        try place.remove()
    }

    static func names(in directory: FilePath) throws -> [String] { try PosixFileSystem().list(directory).sorted() }

    static func expectNothing(in directory: FilePath, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try names(in: directory) == [], sourceLocation: sourceLocation)
    }

    static func mode(of path: FilePath) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions] as? Int
    }

    @Test("The store is on disk, with its keyring beside it, where only this user can enter; and then gone")
    func nothingIsLeft() async throws {
        try await Self.withPlace { place in
            let bytes = try await withTemporaryStore(below: place) { store in
                let names = try Self.names(in: place)
                #expect(names.count == 1)
                let directory = place.appending(try #require(names.first))
                #expect(store.engine.directory == directory.appending("store"))
                #expect(try Self.names(in: directory) == ["store", "store.keyring"])
                #expect(try Self.mode(of: directory) == 0o700)
                let bucket = try await store.createBucket("bucket")
                try await bucket.put("key", [UInt8](repeating: 7, count: 300_000))
                return try await bucket.get("key").collect(upTo: 1 << 20)
            }
            #expect(bytes.count == 300_000)
            try Self.expectNothing(in: place)
        }
    }

    @Test("What the body throws comes through unchanged, and nothing is left")
    func bodyThrows() async throws {
        try await Self.withPlace { place in
            await #expect(throws: Fault(number: 3)) {
                try await withTemporaryStore(below: place) { store in
                    try await store.createBucket("bucket").put("key", [1])
                    throw Fault(number: 3)
                }
            }
            try Self.expectNothing(in: place)
        }
    }

    @Test("A store that cannot be opened leaves nothing")
    func openingFails() async throws {
        try await Self.withPlace { place in
            var options = StoreOptions()
            options.smallObjectLimitBytes = 1
            await #expect {
                try await withTemporaryStore(below: place, options: options) { _ in Issue.record("it was opened") }
            } throws: { ($0 as? StoreError)?.code == .invalidArgument }
            try Self.expectNothing(in: place)
            await #expect {
                try await withTemporaryStore(below: place.appending("absent")) { _ in Issue.record("it was opened") }
            } throws: { ($0 as? StoreError)?.code == .notFound }
        }
    }

    @Test("The store is closed afterwards; the body may have closed it already", arguments: [false, true])
    func closes(bodyCloses: Bool) async throws {
        let store = try await withTemporaryStore { store in
            if bodyCloses { try await store.close() }
            return store
        }
        await #expect { try await store.statistics() } throws: { ($0 as? StoreError)?.code == .closed }
    }

    @Test("A directory that cannot be removed is an error of its own")
    func removalFails() async throws {
        try await Self.withPlace { place in
            await #expect {
                try await withTemporaryStore(below: place) { _ in try Self.move(in: place) }
            } throws: { error in
                let error = error as? StoreError
                return error?.code == .inputOutput && error?.message.contains(place.string) == true
            }
        }
    }

    @Test("Where the body throws too, its error is thrown and the other one is logged")
    func removalFailsAfterTheBody() async throws {
        try await Self.withPlace { place in
            let log = InMemoryLogHandler()
            var options = StoreOptions()
            options.logger = Logger(label: "test", factory: { _ in log })
            await #expect(throws: Fault(number: 4)) {
                try await withTemporaryStore(below: place, options: options) { _ in
                    try Self.move(in: place)
                    throw Fault(number: 4)
                }
            }
            let logged = log.entries.filter { $0.level == .error }
            #expect(logged.count == 1)
            #expect(logged.first?.metadata["error"]?.description.contains("inputOutput") == true)
        }
    }

    /// Moves the store's directory away: a removal that fails for everybody, root too.
    static func move(in place: FilePath) throws {
        let name = try #require(try names(in: place).first)
        try PosixFileSystem().rename(place.appending(name), to: place.appending("moved"))
    }

    @Test("Stores at the same time have a directory each")
    func concurrency() async throws {
        try await Self.withPlace { place in
            let directories = try await withThrowingTaskGroup(of: FilePath.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        try await withTemporaryStore(below: place) { store in
                            let bucket = try await store.createBucket("bucket")
                            try await bucket.put("key", [UInt8(number)])
                            #expect(try await bucket.get("key").collect(upTo: 10) == [UInt8(number)])
                            return store.engine.directory
                        }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(directories.count == 6)
            try Self.expectNothing(in: place)
        }
    }

    @Test("The body runs where its caller does, and may change what the caller has")
    @MainActor func isolation() async throws {
        var buckets: [BucketName] = []
        try await withTemporaryStore { store in
            MainActor.preconditionIsolated()
            try await store.createBucket("bucket")
            buckets = try await store.listBuckets().map(\.name)
        }
        #expect(buckets == ["bucket"])
    }

    @Test("A cancelled task leaves nothing either")
    func cancellation() async throws {
        try await Self.withPlace { place in
            let task = Task {
                try await withTemporaryStore(below: place) { store in
                    // Safe: the task is used inside the closure alone.
                    unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                    try await store.createBucket("bucket").put("key", [1])
                    try Task.checkCancellation()
                }
            }
            await #expect(throws: (any Error).self) { try await task.value }
            try Self.expectNothing(in: place)
        }
    }

    @Test("Options count")
    func options() async throws {
        try await Self.withPlace { place in
            var options = StoreOptions()
            options.suite = .chaCha20Poly1305
            options.rootKey = .passphrase(SharedSecret(try SecretBytes.random(count: 16)))
            options.keyring = place.appending("keyring")
            try await withTemporaryStore(below: place, options: options) { store in
                let receipt = try await store.createBucket("bucket").put("key", [1])
                guard case .s3Managed(let sealing) = receipt.encryption else {
                    Issue.record("not encrypted")
                    return
                }
                #expect(sealing.suite == .chaCha20Poly1305)
            }
            #expect(try Self.names(in: place) == ["keyring"])
        }
    }
}
