#if CommandLineTool
import Foundation
import Testing

@testable import StrongroomCommandLine

/// What a command says that fails: which command or option helps, and no method of the library's.
@Suite("Remedies")
struct RemedyTests {
    private func makeStore(_ strongroom: borrowing Strongroom) throws {
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "files").status == 0)
        try strongroom.write("key", Data((0..<32).map { $0 }))
    }

    @Test("Failures of the library name commands and options")
    func words() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        func message(_ arguments: String...) throws -> String {
            let result = try strongroom.run(arguments + ["--json"])
            #expect(result.status == 1, "\(arguments)")
            return try #require(result.error?["message"] as? String)
        }
        let missing = try message("stats", "--keyring", "nowhere")
        #expect(missing.contains("--keyring") && !missing.contains("locked"), "\(missing)")
        #expect(try message("bucket", "create", "files").hasSuffix("choose another name, or use that one."))
        let blocked = try message("put", "key", "files/k", "--sse-c-key-file", "key")
        #expect(blocked.contains("`bucket encryption NAME --allow-sse-c`"), "\(blocked)")
        #expect(try strongroom("bucket", "encryption", "files", "--allow-sse-c").status == 0)
        #expect(try strongroom("put", "key", "files/k", "--sse-c-key-file", "key").status == 0)
        #expect(try message("get", "files/k", "out").contains("--sse-c-key-file"))
        let library =
            "Open it with StoreOptions.whenRolledBack = .accept (--accept-rollback), see Store.confirmClock()."
        #expect(CommandWords.of(library) == "Open it with --accept-rollback, see: strongroom clock.")
    }

    @Test("What is not there is not found")
    func missing() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let backups = try strongroom("backup", "list", "nowhere", "--json")
        #expect(backups.status == 1 && backups.error?["code"] as? String == "notFound")
        let repair = try strongroom("repair", "--store", "nowhere", "--json")
        #expect(repair.status == 1 && repair.error?["code"] as? String == "notFound")
        #expect((repair.error?["message"] as? String)?.hasPrefix("There is no store at ") == true)
        for name in ["nosuch", "alias/nosuch", "arn:aws:kms:us-east-1:000000000000:key/nosuch"] {
            let rewrap = try strongroom("encryption", "rewrap", "--key", name, "--json")
            #expect(rewrap.status == 1, "\(name)")
            #expect(rewrap.error?["code"] as? String == "keyNotFound", "\(name) \(rewrap.errors)")
        }
    }

    @Test("Keys are wrapped anew by alias, by ARN and by the id that head tells")
    func rewrap() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("key", "create", "--alias", "alias/idle").status == 0)
        let arn = try strongroom("key", "create", "--alias", "alias/app", "--json").lines[0]["keyId"] as? String
        let sealed = ["--sse", "aws:kms", "--sse-kms-key-id", "alias/app"]
        #expect(try strongroom.run(["put", "key", "files/a"] + sealed).status == 0)
        #expect(try strongroom("put", "key", "files/b").status == 0)
        let own = try strongroom("head", "files/b", "--json").lines[0]["keyId"] as? String
        #expect(try strongroom("key", "rotate", "alias/app").status == 0)
        for (name, count) in [("alias/app", 1), (try #require(arn), 0), (try #require(own), 0), ("alias/idle", 0)] {
            let report = try strongroom("encryption", "rewrap", "--key", name, "--json")
            #expect(report.status == 0 && report.lines.first?["rewrapped"] as? Int == count, "\(name) \(report.errors)")
        }
    }

    @Test("A folder in the keyring is no place for backups; a backup that is removed is told of as that")
    func backups() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let inside = try strongroom("backup", "store.keyring/backups", "--json")
        #expect(inside.status == 1 && inside.error?["code"] as? String == "invalidArgument")
        #expect((inside.error?["message"] as? String)?.contains("in the keyring") == true)
        #expect(!FileManager.default.fileExists(atPath: strongroom.path("store.keyring/backups")))
        #expect(try strongroom("backup", "backups").status == 0)
        #expect(try strongroom("put", "key", "files/k").status == 0)
        #expect(try strongroom("backup", "backups").status == 0)
        let removed = try strongroom("backup", "remove", "backups", "1")
        #expect(removed.status == 0 && removed.output.hasPrefix("removed backup 1, and with it "), "\(removed.output)")
        #expect(try strongroom("backup", "list", "backups", "--json").lines.count == 1)
    }

    /// The story: a dump of the child's threads and registers stood before the sentence that says what to do.
    @Test("A catalog that ends who reads it is told of in one line")
    func crash() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for number in 0..<20 { #expect(try strongroom("put", "key", "files/\(number)").status == 0) }
        #expect(try strongroom("stats").status == 0)
        var catalog = try strongroom.read("store/catalog/data.mdb")
        for page in stride(from: 8_192, to: catalog.count, by: 4_096) {
            catalog.replaceSubrange(page..<page + 64, with: Data(repeating: 0xFF, count: 64))
        }
        try strongroom.write("store/catalog/data.mdb", catalog)
        let verify = try strongroom("verify", "--json")
        #expect(verify.status == 1 && verify.error?["code"] as? String == "verificationFailed", "\(verify.errors)")
        #expect(!verify.errors.contains("Backtrac") && !verify.errors.contains("Registers"), "\(verify.errors)")
    }

    @Test(
        "A server's log has the whole of a command's name",
        arguments: [
            (["key", "rotate", "k"], "key rotate"), (["user", "policy", "put", "bob", "all", "f"], "user policy put"),
            (["backup", "folder"], "backup create"), (["list", "files"], "list"),
            (["role", "duration", "r", "3600"], "role duration"),
        ])
    func names(_ arguments: [String], name: String) throws {
        let request = ControlMessage.Request(arguments: arguments, directory: "/")
        #expect(try HostedCommand(try ControlMessage.encode(request)).name == name)
    }
}
#endif
