#if CommandLineTool
import Foundation
import Testing

/// The story: on a full disk a command ended with status 1 and said nothing, and the secret that it had made was
/// nowhere.
@Suite("What cannot be printed")
struct UnprintedTests {
    private func fullDisk() throws -> FileHandle { try FileHandle(forWritingTo: URL(filePath: "/dev/full")) }

    private func run(
        _ strongroom: borrowing Strongroom, _ arguments: [String], printingTo sink: Any
    ) throws -> Strongroom.Result {
        let process = try strongroom.start(arguments, printingTo: sink)
        process.waitUntilExit()
        return try strongroom.result(of: process)
    }

    @Test("Standard output that takes no more is told of, with what to do")
    func full() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "files").status == 0)
        for number in 0..<3 { #expect(try strongroom("put", "-", "files/\(number)", input: Data()).status == 0) }
        let text = try run(strongroom, ["list", "files"], printingTo: try fullDisk())
        #expect(text.status == 1 && text.errors.contains("inputOutput: cannot write to standard output"))
        #expect(text.errors.contains("No space left") && text.errors.split(separator: "\n").count == 1)
        let json = try run(strongroom, ["list", "files", "--json"], printingTo: try fullDisk())
        #expect(json.status == 1 && json.error?["code"] as? String == "inputOutput")
    }

    @Test("A secret that nobody has seen is told of: what was made, and how to be rid of it")
    func secrets() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let created = try run(strongroom, ["user", "create", "bob", "--json"], printingTo: try fullDisk())
        #expect(created.status == 1 && created.error?["code"] as? String == "inputOutput")
        let message = try #require(created.error?["message"] as? String)
        #expect(message.contains("The user bob was made") && message.contains("`user key create bob`"))
        let keys = try strongroom("user", "show", "bob", "--json").lines[0]["accessKeys"] as? [[String: Any]]
        let id = try #require(keys?.first?["accessKeyId"] as? String)
        #expect(message.contains("`user key delete bob \(id)`"))

        // A reader that goes away ends no such command before that is said.
        for (arguments, remedy) in [
            (["user", "key", "create", "bob"], "user key delete bob"),
            (["user", "mfa", "enable", "bob"], "user mfa disable bob"),
        ] {
            let pipe = Pipe()
            try pipe.fileHandleForReading.close()
            let gone = try run(strongroom, arguments, printingTo: pipe.fileHandleForWriting)
            #expect(gone.status == 1 && gone.errors.contains(remedy), "\(gone.status) \(gone.errors)")
        }
    }

    #if HTTPServer
    @Test("Beside a server it is told once, and the status says it")
    func hosted() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "files").status == 0)
        for number in 0..<3 { #expect(try strongroom("put", "-", "files/\(number)", input: Data()).status == 0) }
        let server = try strongroom.start(
            ["serve", "--http", "127.0.0.1:0", "--lifecycle", "never"], outputs: "serve")
        for _ in 0..<600 where server.isRunning {
            if String(decoding: try strongroom.read("serveout"), as: UTF8.self).contains("listening") { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        for arguments in [["list", "files"], ["stats"]] {
            let result = try run(strongroom, arguments, printingTo: try fullDisk())
            #expect(result.status == 1 && result.errors.contains("No space left"), "\(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        }
        server.terminate()
        server.waitUntilExit()
        #expect(server.terminationStatus == 0)
        let log = String(decoding: try strongroom.read("serveerr"), as: UTF8.self)
        #expect(log.contains("command=list") && log.contains("command=stats"))
    }
    #endif
}
#endif
