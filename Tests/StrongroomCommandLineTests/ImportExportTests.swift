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
