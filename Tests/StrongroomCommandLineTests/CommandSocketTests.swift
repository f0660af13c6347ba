#if CommandLineTool && HTTPServer
import Foundation
import Logging
import ServiceLifecycle
import Strongroom
import StrongroomCommandLine
import StrongroomTesting
import SystemPackage
import Testing

/// Commands beside an application that has the store open: here, this process.
@Suite("Beside an application") struct CommandSocketTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Waits without holding the thread, which the command may need.
    private static func run(
        _ strongroom: borrowing Strongroom, _ arguments: String...
    ) async throws -> Strongroom.Result {
        let process = try strongroom.start(arguments)
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        return try strongroom.result(of: process)
    }

    @Test("Commands are run by the application while it listens, on its store and with the user's files")
    func commands() async throws {
        let strongroom = try Strongroom()
        let store = try await Store.open(at: FilePath(strongroom.store.path))
        let bucket = try await store.createBucket("data")
        let before = try await Self.run(strongroom, "stats")
        #expect(before.status == 1 && before.errors.contains("storeInUse"), "\(before.errors)")

        let commands = try await CommandSocket(store, logger: Self.quiet)
        try strongroom.write("file", Data("by a relative name".utf8))
        let put = try await Self.run(strongroom, "put", "file", "data/k")
        #expect(put.status == 0, "\(put.errors)")
        #expect(try await bucket.get("k").collect(upTo: 100) == Array("by a relative name".utf8))
        try await bucket.put("own", [1, 2, 3])
        #expect(try await Self.run(strongroom, "list", "data", "--json").lines.count == 2)
        #expect(try await Self.run(strongroom, "verify", "--data").status == 0)
        let missing = try await Self.run(strongroom, "list", "nowhere", "--json")
        #expect(missing.status == 1 && missing.error?["code"] as? String == "noSuchBucket", "\(missing.errors)")

        await commands.stop()
        let after = try await Self.run(strongroom, "stats")
        #expect(after.status == 1 && after.errors.contains("storeInUse"), "\(after.errors)")
        // The store is the application's, as before.
        #expect(try await bucket.list().objects.count == 2)
        try await store.close()
    }

    @Test("As a service it listens until its group shuts down")
    func service() async throws {
        let strongroom = try Strongroom()
        let store = try await Store.open(at: FilePath(strongroom.store.path))
        let group = ServiceGroup(services: [CommandService(store, logger: Self.quiet)], logger: Self.quiet)
        let running = Task { try await group.run() }
        var result = try await Self.run(strongroom, "bucket", "create", "data")
        for _ in 0..<100 where result.status != 0 {
            try await Task.sleep(for: .milliseconds(100))
            result = try await Self.run(strongroom, "bucket", "create", "data")
        }
        #expect(result.status == 0, "\(result.errors)")
        #expect(try await store.listBuckets().count == 1)
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(!FileManager.default.fileExists(atPath: strongroom.store.appending(path: "control.sock").path))
        try await store.close()
    }

    @Test("Where the socket cannot be made, that is told, and the store stays open")
    func refusals() async throws {
        let strongroom = try Strongroom()
        let store = try await Store.open(at: FilePath(strongroom.store.path))
        try strongroom.write("store/control.sock", Data("mine".utf8))
        let error = await #expect(throws: CommandSocketError.self) {
            try await CommandSocket(store, logger: Self.quiet)
        }
        #expect(error?.code == .cannotListen && error?.message.contains("control.sock") == true)
        #expect(try strongroom.read("store/control.sock") == Data("mine".utf8))
        try await store.createBucket("data")
        try await store.close()
    }

    @Test("A store in memory has no place for one")
    func memory() async throws {
        let store = try await Store.inMemory()
        let error = await #expect(throws: CommandSocketError.self) {
            try await CommandSocket(store, logger: Self.quiet)
        }
        #expect(error?.code == .inMemory && error?.message.contains("in memory") == true)
        try await store.close()
    }
}
#endif
