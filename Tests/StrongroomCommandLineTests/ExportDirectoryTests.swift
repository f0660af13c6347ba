#if CommandLineTool
import Foundation
import SystemPackage
import Testing

@testable import StrongroomCommandLine

@Suite("Export directory")
struct ExportDirectoryTests: ~Copyable {
    let root = FileManager.default.temporaryDirectory.appending(path: "strongroom-export-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: root)
    }

    private func write(_ key: String, _ text: String, to directory: ExportDirectory) throws(CommandFailure) {
        let file = try directory.create(try ExportName(key: key))
        try file.append(text.utf8)
        try file.finish(replacing: .refused)
    }

    private func names() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted()
    }

    @Test("a file appears whole, with its directories, and nothing else stays")
    func wholeFiles() throws {
        let directory = try ExportDirectory(FilePath(root.appending(path: "out").path))
        try write("a/b/c.txt", "hello", to: directory)
        try write("a/d", "", to: directory)
        #expect(try names() == ["out", "out/a", "out/a/b", "out/a/b/c.txt", "out/a/d"])
        #expect(try String(contentsOf: root.appending(path: "out/a/b/c.txt"), encoding: .utf8) == "hello")
    }

    @Test("what is not finished leaves nothing")
    func abandoned() throws {
        let directory = try ExportDirectory(FilePath(root.path))
        do {
            let file = try directory.create(try ExportName(key: "half"))
            try file.append("half".utf8)
            #expect(try names().count == 1)
        }
        #expect(try names() == [])
    }

    @Test("what stands there is not replaced")
    func noReplacing() throws {
        let directory = try ExportDirectory(FilePath(root.path))
        try write("a", "first", to: directory)
        let error = #expect(throws: CommandFailure.self) { try write("a", "second", to: directory) }
        #expect(error?.code == .fileExists)
        #expect(try String(contentsOf: root.appending(path: "a"), encoding: .utf8) == "first")
        #expect(try names() == ["a"])
    }

    @Test("a link that stands in the way leads nowhere")
    func linksAreNotFollowed() throws {
        let outside = root.appending(path: "outside")
        let inside = root.appending(path: "inside")
        for directory in [outside, inside] {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(at: inside.appending(path: "dir"), withDestinationURL: outside)
        try FileManager.default.createSymbolicLink(
            at: inside.appending(path: "file"), withDestinationURL: outside.appending(path: "target"))
        let directory = try ExportDirectory(FilePath(inside.path))
        for key in ["dir/x", "file"] {
            let error = #expect(throws: CommandFailure.self) { try write(key, "escaped", to: directory) }
            #expect(error?.code == .fileExists)
        }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: outside.path) == [])
    }

    @Test("two keys of which one is the other's directory: the second is refused, the first is whole")
    func fileAndDirectory() throws {
        let directory = try ExportDirectory(FilePath(root.path))
        try write("a", "file", to: directory)
        #expect(throws: CommandFailure.self) { try write("a/b", "below", to: directory) }
        #expect(try names() == ["a"])
    }

    @Test("an output file of the user's choosing is replaced only when the new one is whole")
    func replacing() throws {
        let path = root.appending(path: "result")
        try Data("old".utf8).write(to: path)
        do {
            let file = try OutputFile(path.path)
            try file.append("new".utf8)
        }
        #expect(try String(contentsOf: path, encoding: .utf8) == "old")
        let file = try OutputFile(path.path)
        try file.append("new".utf8)
        try file.finish(replacing: .allowed)
        #expect(try String(contentsOf: path, encoding: .utf8) == "new")
        #expect(try names() == ["result"])
    }
}
#endif
