#if CommandLineTool
import Foundation
import Testing

/// What an import or an export does with what it cannot do, and where it is stopped.
@Suite("Command line: import and export")
struct ImportExportTests {
    private func makeStore(_ strongroom: borrowing Strongroom) throws {
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "files").status == 0)
    }

    /// The story: it said that nothing was stored, though what it had printed was.
    @Test("An import that is stopped says how many objects are stored, which are those that are there")
    func stopped() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for index in 0..<4_000 { try strongroom.write("tree/\(index)", Data("\(index)".utf8)) }
        let process = try strongroom.start(["import", "tree", "files", "--json"])
        while process.isRunning, try strongroom.read("stdout").count(where: { $0 == UInt8(ascii: "\n") }) < 20 {
            usleep(500)
        }
        process.interrupt()
        process.waitUntilExit()
        let result = try strongroom.result(of: process)
        #expect(result.status == 1 && result.error?["code"] as? String == "cancelled")
        let there = try strongroom("list", "files", "--json").lines.count
        #expect(there >= 20 && there < 4_000)
        let message = try #require(result.error?["message"] as? String)
        let count = there < 1_000 ? "\(there)" : "\(there / 1_000),\(String("\(1_000 + there % 1_000)".dropFirst()))"
        #expect(message.contains("stopped; \(count) of 4,000 objects are stored"), "\(message), \(there)")
        #expect(!message.contains("nothing was stored"))
        // Those that are done are done again, and the others for the first time.
        #expect(try strongroom("import", "tree", "files").status == 0)
        #expect(try strongroom("list", "files", "--json").lines.count == 4_000)
    }

    @Test("With --json what is skipped is told by an object on its line, too")
    func remarks() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        try strongroom.write("tree/a", Data("a".utf8))
        try FileManager.default.createSymbolicLink(atPath: strongroom.path("tree/link"), withDestinationPath: "a")
        let imported = try strongroom("import", "tree", "files", "--json")
        #expect(imported.status == 0 && imported.lines.count == 1)
        #expect(imported.remarks.count == imported.errors.split(separator: "\n").count)
        let warning = imported.remarks.first?["warning"] as? [String: Any]
        #expect((warning?["message"] as? String)?.contains("tree/link") == true)
        #expect(try strongroom("import", "tree", "files").errors.hasPrefix("strongroom: skipped "))
    }

    /// The story: such a file was skipped as links are, and the command said that all went well.
    @Test("A file whose name can be no key is named, keeps no other out, and makes an import fail at its end")
    func unnameable() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for name in ["a", "d/b"] { try strongroom.write("tree/\(name)", Data(name.utf8)) }
        let name = (Array(strongroom.path("tree/d").utf8) + [UInt8(ascii: "/"), 0xFF, 0]).map { CChar(bitPattern: $0) }
        // Terminated, and alive through the call.
        let file = unsafe open(name, O_CREAT | O_WRONLY, 0o600)
        #expect(file >= 0)
        close(file)
        let imported = try strongroom("import", "tree", "files", "--json")
        #expect(imported.status == 1 && imported.error?["code"] as? String == "inputOutput", "\(imported.errors)")
        #expect(imported.errors.contains("not stored: ") && imported.errors.contains("UTF-8"), "\(imported.errors)")
        #expect(Set(imported.lines.compactMap { $0["key"] as? String }) == ["a", "d/b"])
        #expect(try strongroom("list", "files", "--json").lines.count == 2)
    }

    /// The story: the root key and the journal, as it was being written, became objects of the store.
    @Test("A folder that holds the store or its keyring, or lies in one, is not imported")
    func ownFolder() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        try strongroom.write("tree/a", Data("a".utf8))
        try FileManager.default.createSymbolicLink(
            atPath: strongroom.path("link"), withDestinationPath: "store.keyring")
        for folder in [".", "store", "store/journal", "store.keyring", "link", "tree/.."] {
            let refused = try strongroom("import", folder, "files", "--json")
            #expect(refused.status == 1 && refused.error?["code"] as? String == "invalidArgument", "\(folder)")
            #expect((refused.error?["message"] as? String)?.contains("name one apart from it") == true, "\(folder)")
        }
        #expect(try strongroom("list", "files").output == "")
        #expect(try strongroom("import", "tree", "files").status == 0)
    }

    /// The story: one folder's object, as S3 clients make them, kept a whole bucket in.
    @Test("A folder's object becomes a folder; keys that are no file names are told one by one, and keep no other in")
    func folders() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for key in ["dir/", "empty/"] { #expect(try strongroom("put", "-", "files/\(key)", input: Data()).status == 0) }
        let refused = ["../escaped", "full/", "x/y"]
        for key in refused + ["dir/a", "x"] {
            #expect(try strongroom("put", "-", "files/\(key)", input: Data(key.utf8)).status == 0)
        }
        let export = try strongroom("export", "files", "out", "--json")
        #expect(export.status == 1 && export.error?["code"] as? String == "unsafeFileName", "\(export.errors)")
        #expect((export.error?["message"] as? String)?.hasPrefix("3 objects") == true)
        for key in refused { #expect(export.errors.contains("not written: \\\"\(key)\\\""), "\(export.errors)") }
        #expect(Set(export.lines.compactMap { $0["key"] as? String }) == ["dir/", "dir/a", "empty/", "x"])
        let names = try FileManager.default.subpathsOfDirectory(atPath: strongroom.path("out")).sorted()
        #expect(names == ["dir", "dir/a", "empty", "x"])
        #expect(try strongroom("export", "files/dir", "below").output.hasPrefix("exported 2 objects"))
        #expect(try FileManager.default.subpathsOfDirectory(atPath: strongroom.path("below")) == ["a"])
    }

    /// The story: of a prefix that was misspelt nothing was exported, and the command said that all went well.
    @Test("A prefix that no key has is not found; a bucket may be empty")
    func missingPrefix() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("export", "files", "out").status == 0)
        #expect(try strongroom("put", "-", "files/photos/a", input: Data()).status == 0)
        for prefix in ["fotos", "photos/a"] {
            let missing = try strongroom("export", "files/\(prefix)", "none", "--json")
            #expect(missing.status == 1 && missing.error?["code"] as? String == "notFound", "\(missing.errors)")
            #expect((missing.error?["message"] as? String)?.contains("\"\(prefix)/\"") == true, "\(missing.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: strongroom.path("none")))
    }

    /// The story: the first damaged object ended an export, and what was behind it had no file.
    @Test("An export goes on past what is damaged, names it, and fails at its end")
    func damaged() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for name in ["a", "c"] {
            #expect(try strongroom("put", "-", "files/\(name)", input: Data(name.utf8)).status == 0)
        }
        #expect(try strongroom("put", "-", "files/b", input: Data(count: 400_000)).status == 0)
        let blobs = strongroom.store.appending(path: "blobs")
        let files = try #require(FileManager.default.enumerator(at: blobs, includingPropertiesForKeys: nil))
        for case let file as URL in files where (try? Data(contentsOf: file))?.count ?? 0 > 300_000 {
            var bytes = try Data(contentsOf: file)
            bytes[200_000] ^= 1
            try bytes.write(to: file)
        }
        let export = try strongroom("export", "files", "out", "--json")
        #expect(export.status == 1 && export.error?["code"] as? String == "damaged", "\(export.errors)")
        #expect((export.error?["message"] as? String)?.hasPrefix("1 objects") == true)
        #expect(Set(export.lines.compactMap { $0["key"] as? String }) == ["a", "c"])
        #expect(export.errors.contains("not written: \\\"b\\\""), "\(export.errors)")
        for name in ["a", "c"] { #expect(try strongroom.read("out/\(name)") == Data(name.utf8)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: strongroom.path("out")).sorted() == ["a", "c"])
    }
}
#endif
