#if CommandLineTool
import Foundation
import Testing

/// The contract that scripts rely on: exit statuses, JSON lines, files.
@Suite("Command line, end to end")
struct EndToEndTests {
    private static let sizes = [0, 1, 500, 513, 16_384, 131_072, 131_073, 400_000]

    private static func content(_ size: Int) -> Data {
        Data((0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) })
    }

    private func makeStore(_ strongroom: borrowing Strongroom) throws {
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "files").status == 0)
    }

    @Test("what goes in comes out, in every size, by file, pipe and range")
    func putAndGet() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for size in Self.sizes {
            let data = Self.content(size)
            try strongroom.write("in", data)
            let put = try strongroom("put", "in", "files/n/\(size)", "--json")
            #expect(put.status == 0)
            #expect(put.lines.first?["key"] as? String == "n/\(size)")
            #expect(put.lines.first?["size"] as? Int == size)
            #expect(try strongroom("get", "files/n/\(size)", "out").status == 0)
            #expect(try strongroom.read("out") == data)
        }
        let data = Self.content(400_000)
        #expect(try strongroom("put", "-", "files/piped", input: data).status == 0)
        #expect(try strongroom("get", "files/piped", "-").status == 0)
        #expect(try strongroom.read("stdout") == data)
        for (range, expected) in [
            ("16383-16384", 16_383..<16_385), ("399990-", 399_990..<400_000), ("-7", 399_993..<400_000),
        ] {
            #expect(try strongroom("get", "files/piped", "part", "--range", range).status == 0)
            #expect(try strongroom.read("part") == data[expected])
        }
        let beyond = try strongroom("get", "files/piped", "part", "--range", "400000-", "--json")
        #expect(beyond.status == 1)
        #expect(beyond.error?["code"] as? String == "invalidRange")
    }

    @Test("import and export are each other's inverse; what verify and stats say agrees")
    func importAndExport() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for size in Self.sizes { try strongroom.write("tree/d/\(size).bin", Self.content(size)) }
        let lines = try strongroom("import", "tree", "files/p", "--json")
        #expect(lines.status == 0)
        #expect(Set(lines.lines.compactMap { $0["key"] as? String }) == Set(Self.sizes.map { "p/d/\($0).bin" }))
        let listed = try strongroom("list", "files", "--prefix", "p/", "--json").lines
        #expect(listed.compactMap { $0["key"] as? String } == Self.sizes.map { "p/d/\($0).bin" }.sorted())
        #expect(try strongroom("export", "files/p", "out").status == 0)
        for size in Self.sizes { #expect(try strongroom.read("out/d/\(size).bin") == Self.content(size)) }
        let verified = try strongroom("verify", "--data", "--json")
        #expect(verified.status == 0)
        #expect(verified.lines.last?["objects"] as? Int == Self.sizes.count)
        #expect(verified.lines.last?["verifiedBytes"] as? Int == Self.sizes.reduce(0, +))
        #expect(try strongroom("stats", "--json").lines.last?["objects"] as? Int == Self.sizes.count)
    }

    @Test("compact says what it moved and freed, and leaves every object as it was")
    func compact() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for number in 0..<100 { try strongroom.write("tree/\(number)", Self.content(100_000 + number)) }
        #expect(try strongroom("import", "tree", "files").status == 0)
        for number in 0..<100 where number % 10 != 0 {
            #expect(try strongroom("delete", "files/\(number)").status == 0)
        }
        let compacted = try strongroom("compact", "--json")
        #expect(compacted.status == 0)
        let line = try #require(compacted.lines.last)
        #expect(try #require(line["movedObjects"] as? Int) > 0)
        #expect(try #require(line["freedBytes"] as? Int) >= 4 << 20)
        #expect(try strongroom("compact").status == 0)
        #expect(try strongroom("export", "files", "out").status == 0)
        for number in stride(from: 0, to: 100, by: 10) {
            #expect(try strongroom.read("out/\(number)") == Self.content(100_000 + number))
        }
        #expect(try strongroom("verify", "--data", "--json").status == 0)
    }

    /// The story: a slash with a combining mark behind it was no slash to the check, and was one to the system.
    @Test("a hostile key never leaves the directory of an export, and keeps no other in")
    func hostileExport() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("put", "-", "files/ok", input: Data()).status == 0)
        let hostile = ["../../escaped", "../\u{301}escaped"]
        for key in hostile { #expect(try strongroom("put", "-", "files/\(key)", input: Data("!".utf8)).status == 0) }
        try FileManager.default.createDirectory(atPath: strongroom.path("below"), withIntermediateDirectories: true)
        let export = try strongroom("export", "files", "below/out", "--json")
        #expect(export.status == 1)
        #expect(export.error?["code"] as? String == "unsafeFileName")
        #expect(export.lines.map { $0["key"] as? String } == ["ok"])
        let below = try FileManager.default.subpathsOfDirectory(atPath: strongroom.path("below")).sorted()
        #expect(below == ["out", "out/ok"])
        #expect(!FileManager.default.fileExists(atPath: strongroom.path("escaped")))
    }

    @Test("errors: a code for scripts, 1 for failure, 64 for wrong usage")
    func errors() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        func code(_ result: Strongroom.Result) -> String? { result.error?["code"] as? String }
        let missing = try strongroom("get", "files/nothing", "out", "--json")
        #expect(missing.status == 1 && code(missing) == "noSuchKey")
        #expect(!FileManager.default.fileExists(atPath: strongroom.path("out")))
        let bucket = try strongroom("list", "nowhere", "--json")
        #expect(bucket.status == 1 && code(bucket) == "noSuchBucket")
        let name = try strongroom("bucket", "create", "No", "--json")
        #expect(name.status == 1 && code(name) == "invalidBucketName")
        let again = try strongroom("init", strongroom.store.path, "--json")
        #expect(again.status == 1 && code(again) == "fileExists")
        let usage = try strongroom("put", "--json")
        #expect(usage.status == 64 && code(usage) == "usage")
        let noStore = try strongroom("stats", "--store", strongroom.path("none"), "--json")
        #expect(noStore.status == 1 && code(noStore) == "notFound")
    }

    @Test("a passphrase from a file opens the keyring; another one does not, and says which it was")
    func passphrase() throws {
        let strongroom = try Strongroom()
        try strongroom.write("right", Data("correct horse battery\n".utf8), mode: 0o600)
        try strongroom.write("wrong", Data("incorrect horse battery\n".utf8), mode: 0o600)
        #expect(try strongroom("init", strongroom.store.path, "--passphrase-file", "right").status == 0)
        #expect(try strongroom("bucket", "create", "files", "--passphrase-file", "right").status == 0)
        let wrong = try strongroom("bucket", "list", "--passphrase-file", "wrong", "--json")
        #expect(wrong.status == 1)
        #expect(wrong.error?["code"] as? String == "wrongRootKey")
        let piped = try strongroom(
            "bucket", "list", "--passphrase-file", "-", "--json", input: Data("correct horse battery".utf8))
        #expect(piped.lines.map { $0["name"] as? String } == ["files"])
        let none = try strongroom("bucket", "list", "--json")
        #expect((none.error?["message"] as? String)?.contains("--passphrase-file") == true, "\(none.errors)")
    }

    @Test("an interrupt ends the work cleanly, even while it waits for its input")
    func interrupt() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let pipe = Pipe()
        let process = try strongroom.start(["put", "-", "files/typed", "--json"], reading: pipe)
        try pipe.fileHandleForWriting.write(contentsOf: Self.content(200_000))
        // The store is open once its lock refuses somebody else.
        while process.isRunning,
            try strongroom("stats", "--json", apart: true).error?["code"] as? String != "storeInUse"
        {}
        process.interrupt()
        process.waitUntilExit()
        #expect(try strongroom.result(of: process).error?["code"] as? String == "cancelled")
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 1)
        #expect(try strongroom("list", "files", "--json").output == "")
    }

    @Test("what an import had printed when it was killed is there, and whole")
    func kill() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for index in 0..<400 { try strongroom.write("tree/\(index)", Self.content(index * 37 % 3_000)) }
        let process = try strongroom.start(["import", "tree", "files", "--json"])
        while process.isRunning, try strongroom.read("stdout").count(where: { $0 == UInt8(ascii: "\n") }) < 50 {
            usleep(500)
        }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let acknowledged = try strongroom.result(of: process).lines.compactMap { $0["key"] as? String }
        #expect(acknowledged.count >= 50)
        #expect(try strongroom("verify", "--data").status == 0)
        #expect(try strongroom("export", "files", "out").status == 0)
        for key in acknowledged { #expect(try strongroom.read("out/\(key)") == strongroom.read("tree/\(key)")) }
    }
}
#endif
