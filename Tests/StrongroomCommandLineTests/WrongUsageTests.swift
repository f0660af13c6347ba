#if CommandLineTool
import ArgumentParser
import Foundation
import Testing

@testable import StrongroomCommandLine

/// What is wrong with a command line ends it with 64, before anything is done, and with that command's usage.
@Suite("Wrong usage")
struct WrongUsageTests {
    /// The story: the second one that read standard input got nothing, and an empty object was stored.
    @Test(
        "Standard input is named once",
        arguments: [
            ["put", "-", "files/k", "--passphrase-file", "-"],
            ["put", "-", "files/k", "--sse-c-key-file", "-"],
            ["get", "files/k", "out", "--sse-c-key-file", "-", "--passphrase-file", "-"],
            ["copy", "files/k", "files/l", "--source-sse-c-key-file", "-", "--sse-c-key-file", "-"],
            ["import", ".", "files", "--sse-c-key-file", "-", "--passphrase-file", "-"],
            ["user", "policy", "put", "bob", "all", "-", "--passphrase-file", "-"],
            ["role", "policy", "put", "r", "all", "-", "--passphrase-file", "-"],
            ["role", "create", "r", "-", "--passphrase-file", "-"],
            ["lifecycle", "put", "files", "-", "--passphrase-file", "-"],
            ["key", "create", "--policy", "-", "--passphrase-file", "-"],
            ["key", "policy", "k", "--set", "-", "--passphrase-file", "-"],
            ["key", "replicate", "k", "--other-store", "o", "--policy", "-", "--other-passphrase-file", "-"],
            ["key", "synchronize", "--other-store", "o", "--other-passphrase-file", "-", "--passphrase-file", "-"],
        ])
    func standardInput(_ arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) { try StrongroomCommand.parseAsRoot(arguments) }
        let found = try #require(error)
        #expect(StrongroomCommand.exitCode(for: found).rawValue == 64)
        #expect(StrongroomCommand.message(for: found).contains("standard input"), "\(arguments)")
    }

    @Test(
        "Values that an option cannot have",
        arguments: [
            ["role", "create", "r", "trust.json", "--max-session-duration", "60"], ["role", "duration", "r", "99999"],
            ["lifecycle", "run", "--rate", "0"], ["encryption", "reseal", "files", "--rate", "0"],
            ["encryption", "reseal", "files", "--byte-rate", "0"], ["encryption", "rewrap", "--rate", "0"],
            ["key", "create", "--alias", "app"], ["key", "create", "--alias", "alias/"],
            ["key", "create", "--alias", "alias/aws/mine"], ["key", "create", "--alias", "alias/a b"],
            ["init", "s", "--region", "EU Central"], ["init", "s", "--account", "12"],
            ["key", "create", "--bypass-lockout-check"],
            ["key", "replicate", "k", "--other-store", "o", "--bypass-lockout-check"],
        ])
    func values(_ arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) { try StrongroomCommand.parseAsRoot(arguments) }
        #expect(StrongroomCommand.exitCode(for: try #require(error)).rawValue == 64)
    }

    /// The story: it said that the value is invalid, and not what a valid one is.
    @Test(
        "An address that is none is told with what one is",
        arguments: [
            ["put", "f", "photos"], ["put", "f", "photos/"], ["get", "/k", "out"], ["copy", "photos/k", "photos"],
            ["import", ".", "/p"], ["export", "/p", "out"],
        ])
    func addresses(_ arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) { try StrongroomCommand.parseAsRoot(arguments) }
        let found = try #require(error)
        #expect(StrongroomCommand.exitCode(for: found).rawValue == 64)
        #expect(StrongroomCommand.message(for: found).contains(": give a bucket"), "\(arguments)")
    }

    /// The story: two such names became one, and the second object took the place of the first.
    @Test("An argument that is not UTF-8 is refused with its place, before anything is done")
    func notUTF8() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "files").status == 0)
        try strongroom.write("body", Data("x".utf8))
        let process = try strongroom.start(
            ["-c", #"exec "$0" put body "files/$(printf '\377')" --json"#, Strongroom.executable.path],
            program: URL(filePath: "/bin/sh"))
        process.waitUntilExit()
        let refused = try strongroom.result(of: process)
        #expect(refused.status == 64 && refused.output == "", "\(refused.errors)")
        #expect(refused.error?["code"] as? String == "usage")
        #expect((refused.error?["message"] as? String)?.hasPrefix("Argument 3 is not UTF-8") == true)
        #expect(try strongroom("list", "files").output == "")
    }

    /// The story: `backup verfy` copied the store into a folder of that name.
    @Test("A mistyped subcommand of backup is told of, and is no folder until there is one")
    func mistyped() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        for (word, meant) in [
            ("verfy", "verify"), ("lsit", "list"), ("remvoe", "remove"), ("crate", "create"), ("help", "--help"),
        ] {
            let refused = try strongroom("backup", word)
            #expect(refused.status == 64 && refused.errors.contains("`backup \(meant)`"), "\(refused.errors)")
            #expect(refused.errors.contains("./\(word)"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: strongroom.path(word)))
        }
        #expect(try strongroom("backup", "./verfy").status == 0)
        #expect(try strongroom("backup", "verfy").status == 0)
        for word in ["backups", "dest", "disk", "nas", "b"] {
            #expect(MistypedSubcommand.closestOfBackup(to: word) == nil)
        }
    }

    /// The story: with an option behind it, a mistyped command was told as an unknown option.
    @Test("A command that there is not is named, with the one that it nearly is")
    func noSuchCommand() throws {
        let strongroom = try Strongroom()
        for (words, meant) in [
            (["bukcet", "list", "--json"], "bucket"), (["bucket", "craete", "b", "--store", "s"], "bucket create"),
            (["key", "alias", "crate", "--json"], "key alias create"), (["stat"], "stats"), (["halp"], nil),
            (["key", "frobnicate", "k"], nil),
        ] {
            let refused = try strongroom.run(words)
            #expect(refused.status == 64 && refused.output.isEmpty, "\(refused.errors)")
            #expect(refused.errors.contains("There is no command"), "\(refused.errors)")
            #expect(refused.errors.contains("if you mean `") == (meant != nil), "\(refused.errors)")
            if let meant { #expect(refused.errors.contains("`\(meant)`"), "\(refused.errors)") }
        }
        for words in [["key", "--help"], ["help", "key"], ["help", "bucket", "create"], ["--version"], []] {
            #expect(try strongroom.run(words).status == 0)
        }
    }

    /// The story: whatever ended the process that looked was taken for damage, a want of memory as well.
    @Test("Only what a damaged catalog does to a process is taken for damage")
    func signals() {
        for signal in [SIGABRT, SIGBUS, SIGSEGV] { #expect(CatalogReading.failure(endedBy: signal) == nil) }
        for signal in [SIGKILL, SIGTERM, SIGINT] {
            #expect(CatalogReading.failure(endedBy: signal)?.message.contains("Try again") == true)
        }
        for signal in [SIGILL, SIGTRAP] {
            #expect(CatalogReading.failure(endedBy: signal)?.message.contains("error of this program") == true)
        }
    }

    /// The story: the command refused every store whose keyring was not beside it, as a copy's on a rescue disk.
    @Test("A store whose keyring is not there is verified without, where that is asked for")
    func withoutKeys() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "files").status == 0)
        try strongroom.write("body", Data(repeating: 7, count: 300_000))
        #expect(try strongroom("put", "body", "files/k").status == 0)
        try FileManager.default.moveItem(
            atPath: strongroom.path("store.keyring"), toPath: strongroom.path("elsewhere"))
        let refused = try strongroom("verify", "--json")
        #expect(refused.status == 1 && refused.error?["code"] as? String == "keyringMissing", "\(refused.errors)")
        let sound = try strongroom("verify", "--data", "--without-keys", "--json")
        #expect(sound.status == 0 && sound.lines.last?["locked"] as? Bool == true, "\(sound.errors)")
        let whole = try strongroom("verify", "--keyring", "elsewhere", "--without-keys", "--json")
        #expect(whole.status == 0 && whole.lines.last?["locked"] as? Bool == false, "\(whole.errors)")
    }

    @Test("A file where a directory is meant is told as one")
    func fileForDirectory() throws {
        let strongroom = try Strongroom()
        try strongroom.write("file", Data("x".utf8))
        for words in [["stats"], ["verify"], ["repair"]] {
            let refused = try strongroom.run(words + ["--store", strongroom.path("file")])
            #expect(refused.status == 1, "\(refused.errors)")
            #expect(refused.errors.contains("a file stands where a directory is meant"), "\(refused.errors)")
        }
    }

    #if HTTPServer
    @Test("What serve finds wrong once it runs has its usage behind it")
    func serve() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let endpoint = ["serve", "--http", "127.0.0.1:0"]
        for wrong in [
            ["--lifecycle", "0"], ["--account", "12"], ["--region", "EU Central"], ["--connections", "0"],
            ["--config", "-", "--passphrase-file", "-"],
        ] {
            let refused = try strongroom.run(endpoint + wrong, input: Data("{}".utf8))
            #expect(refused.status == 64 && refused.output.isEmpty, "\(wrong) \(refused.errors)")
            #expect(refused.errors.contains("strongroom serve --help"), "\(wrong) \(refused.errors)")
            #expect(refused.errors.contains("Usage: strongroom serve"), "\(wrong) \(refused.errors)")
        }
    }
    #endif

    @Test("A key is not made where its alias cannot be")
    func alias() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let before = try strongroom("key", "list", "--json").lines.count
        #expect(try strongroom("key", "create", "--alias", "app", "--json").status == 64)
        #expect(try strongroom("key", "list", "--json").lines.count == before)
        let made = try strongroom("key", "create", "--alias", "alias/app", "--json").lines.first
        // By alias a key is described, but not changed for good.
        #expect(try strongroom("key", "policy", "alias/app", "--json").status == 0)
        #expect(try strongroom("key", "schedule-deletion", "alias/app").status == 1)
        #expect(try strongroom("key", "schedule-deletion", try #require(made?["keyId"] as? String)).status == 0)
    }
}
#endif
