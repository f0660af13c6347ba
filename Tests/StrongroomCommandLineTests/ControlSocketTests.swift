#if CommandLineTool && HTTPServer
import Foundation
import Testing

/// Commands beside a server that has the store open: they are run there, with the files and the terminal of who asks.
@Suite("Beside a server") struct ControlSocketTests {
    /// Starts a server, and returns when it listens.
    private func serve(_ strongroom: borrowing Strongroom, _ options: String...) async throws -> Process {
        let server = try strongroom.start(
            ["serve", "--http", "127.0.0.1:0", "--lifecycle", "never"] + options, outputs: "serve")
        for _ in 0..<600 where server.isRunning {
            if String(decoding: try strongroom.read("serveout"), as: UTF8.self).contains("listening") { return server }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("no server: \(String(decoding: try strongroom.read("serveerr"), as: UTF8.self))")
        return server
    }

    private func end(_ server: Process) {
        server.terminate()
        server.waitUntilExit()
        #expect(server.terminationReason == .exit && server.terminationStatus == 0)
    }

    private func socket(_ strongroom: borrowing Strongroom) -> String {
        strongroom.store.appending(path: "control.sock").path
    }

    @Test("Each command works as if it had the store for itself, and the socket is its user's alone")
    func commands() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let server = try await serve(strongroom)
        let mode = try FileManager.default.attributesOfItem(atPath: socket(strongroom))[.posixPermissions] as? Int
        #expect(mode == 0o600)

        #expect(try strongroom("bucket", "create", "data").status == 0)
        let content = Data("from standard input".utf8)
        #expect(try strongroom("put", "-", "data/k", input: content).status == 0)
        try strongroom.write("folder/file", Data("by a relative name".utf8))
        #expect(try strongroom("put", "folder/file", "data/f").status == 0)
        #expect(try strongroom("get", "data/k", "-").output == "from standard input")
        #expect(try strongroom("get", "data/f", "folder/copy").status == 0)
        #expect(try strongroom.read("folder/copy") == Data("by a relative name".utf8))
        #expect(try strongroom("list", "data", "--json").lines.count == 2)

        let key = try strongroom("key", "create", "--json")
        let id = try #require(key.lines.first?["keyId"] as? String)
        #expect(try strongroom("key", "describe", id).status == 0)
        try strongroom.write("none.json", Data("{}".utf8))
        #expect(try strongroom("key", "policy", id, "--set", "none.json").status == 1)
        let user = try strongroom("user", "create", "ann", "--json")
        #expect(user.lines.first?["accessKeyId"] is String, "\(user.output) \(user.errors)")
        #expect(try strongroom("bucket", "encryption", "data").status == 0)
        #expect(try strongroom("encryption", "coverage", "data").status == 0)
        #expect(try strongroom("stats", "--json").lines.count == 1)
        #expect(try strongroom("verify", "--data").status == 0)

        let backup = try strongroom("backup", "backups")
        #expect(backup.status == 0, "\(backup.errors)")
        #expect(try strongroom("backup", "verify", "backups").status == 0)
        end(server)
        #expect(!FileManager.default.fileExists(atPath: socket(strongroom)))
        // And it was this store.
        #expect(try strongroom("list", "data", "--json").lines.count == 2)
    }

    @Test("Failures are told as anywhere else")
    func failures() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let server = try await serve(strongroom)
        let missing = try strongroom("list", "nowhere", "--json")
        #expect(missing.status == 1 && missing.error?["code"] as? String == "noSuchBucket", "\(missing.errors)")
        let file = try strongroom("put", "no-such-file", "data/k")
        #expect(file.status == 1 && file.errors.contains("no-such-file"), "\(file.errors)")
        let second = try strongroom("serve", "--http", "127.0.0.1:0")
        #expect(second.status == 1 && second.errors.contains("storeInUse"), "\(second.errors)")
        let rollback = try strongroom("stats", "--accept-rollback")
        #expect(rollback.status == 1 && rollback.errors.contains("--accept-rollback"), "\(rollback.errors)")
        let long = try strongroom("put", String(repeating: "a", count: 70_000), "data/k")
        #expect(long.status == 1 && long.errors.contains("too long"), "\(long.errors.suffix(300))")
        end(server)
    }

    @Test("Where the server does not listen for commands, the store is in use")
    func off() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let server = try await serve(strongroom, "--control-socket", "off")
        let refused = try strongroom("stats")
        #expect(refused.status == 1 && refused.errors.contains("storeInUse"), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: socket(strongroom)))
        end(server)
    }

    @Test("A server that was killed leaves a socket that is in nobody's way")
    func killed() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let server = try await serve(strongroom)
        kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
        #expect(FileManager.default.fileExists(atPath: socket(strongroom)))
        #expect(try strongroom("bucket", "create", "data").status == 0)
        let next = try await serve(strongroom)
        #expect(try strongroom("bucket", "list", "--json").lines.count == 1)
        end(next)
    }

    @Test("A file that is no socket is not removed for one")
    func occupied() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        try strongroom.write("store/control.sock", Data("mine".utf8))
        let refused = try strongroom("serve", "--http", "127.0.0.1:0")
        #expect(refused.status == 1 && refused.errors.contains("control.sock"), "\(refused.errors)")
        #expect(try strongroom.read("store/control.sock") == Data("mine".utf8))
    }

    @Test("A command whose user stops it, or is killed, is cancelled where it runs", arguments: [SIGTERM, SIGKILL])
    func cancelled(_ signal: Int32) async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let server = try await serve(strongroom)
        #expect(try strongroom("bucket", "create", "data").status == 0)
        // A put that waits for the rest of its body.
        let body = Pipe()
        let put = try strongroom.start(
            ["put", "-", "data/endless"], reading: body.fileHandleForReading, outputs: "put")
        try body.fileHandleForWriting.write(contentsOf: Data(count: 1_000))
        let log = { String(decoding: try strongroom.read("serveerr"), as: UTF8.self) }
        for _ in 0..<600 where !(try log()).contains("command=put") { try await Task.sleep(for: .milliseconds(50)) }
        kill(put.processIdentifier, signal)
        put.waitUntilExit()
        if signal == SIGTERM { #expect(put.terminationReason == .exit && put.terminationStatus == 1) }
        #expect(try strongroom("list", "data", "--json").lines.isEmpty)
        // Ended by then, or the server would wait for it.
        end(server)
        try body.fileHandleForWriting.close()
        #expect(try strongroom("list", "data", "--json").lines.isEmpty)
    }

    /// The story: a server that was told to stop waited for as long as a page of output stood unread.
    @Test("A command whose output nobody reads does not keep the server from ending")
    func stalled() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let server = try await serve(strongroom)
        #expect(try strongroom("bucket", "create", "data").status == 0)
        try strongroom.write("large", Data(count: 4 << 20))
        #expect(try strongroom("put", "large", "data/large").status == 0)
        let get = Process()
        get.executableURL = Strongroom.executable
        get.arguments = ["get", "data/large", "-", "--store", strongroom.store.path]
        let unread = Pipe()
        get.standardOutput = unread
        get.standardError = FileHandle.nullDevice
        try get.run()
        let log = { String(decoding: try strongroom.read("serveerr"), as: UTF8.self) }
        for _ in 0..<600 where !(try log()).contains("command=get") { try await Task.sleep(for: .milliseconds(50)) }
        end(server)
        get.waitUntilExit()
        #expect(get.terminationStatus == 1)
        try unread.fileHandleForReading.close()
    }

    @Test("A reader that goes away ends the command and not the server")
    func unread() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let server = try await serve(strongroom)
        #expect(try strongroom("bucket", "create", "data").status == 0)
        try strongroom.write("large", Data(count: 4 << 20))
        #expect(try strongroom("put", "large", "data/large").status == 0)
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.arguments = [
            "-c",
            "'\(Strongroom.executable.path)' get data/large - --store '\(strongroom.store.path)' | head -c 10",
        ]
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        #expect(try strongroom("stats").status == 0)
        end(server)
    }
}
#endif
