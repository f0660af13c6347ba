#if CommandLineTool
import Foundation
import SystemPackage
import Testing

@testable import StrongroomCommandLine

@Suite("Directory walk")
struct DirectoryWalkTests: ~Copyable {
    let root = FileManager.default.temporaryDirectory.appending(path: "strongroom-walk-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: root)
    }

    @Test("regular files in byte order, whatever they are called; links and special files are reported")
    func findsFiles() throws {
        let files = ["a", "a/", "a.txt", "b/c", "b/ü\n"].filter { !$0.hasSuffix("/") }
        for name in files {
            let url = root.appending(path: name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(name.utf8).write(to: url)
        }
        try FileManager.default.createSymbolicLink(at: root.appending(path: "b/link"), withDestinationURL: root)
        // Swift keeps the string alive through the call.
        let made = unsafe mkfifo(root.appending(path: "pipe").path, 0o600)
        #expect(made == 0)

        let walk = try DirectoryWalk(of: FilePath(root.path), keyBytesMax: 1_024)
        #expect(walk.files.map(\.name) == ["a", "a.txt", "b/c", "b/ü\n"])
        #expect(walk.totalBytes == files.reduce(0) { $0 + UInt64($1.utf8.count) })
        #expect(
            walk.skipped.sorted { $0.name < $1.name } == [
                .init(name: "b/link", reason: .symbolicLink), .init(name: "pipe", reason: .special),
            ])
    }

    @Test("a name that is not UTF-8, and one that is too long for a key, are reported")
    func unnameable() throws {
        try Data().write(to: root.appending(path: "longer"))
        // Terminated, and alive through the call.
        let notUTF8 = (root.path + "/").utf8.map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xFF), 0]
        let made = unsafe mkfifo(notUTF8, 0o600)
        #expect(made == 0)
        let walk = try DirectoryWalk(of: FilePath(root.path), keyBytesMax: 4)
        #expect(walk.files.isEmpty)
        #expect(Set(walk.skipped.map(\.reason)) == [.notUTF8, .tooLong])
    }

    @Test("a directory that is not there is an error that names it")
    func missing() {
        let error = #expect(throws: CommandFailure.self) {
            try DirectoryWalk(of: FilePath(root.path + "/nowhere"), keyBytesMax: 1_024)
        }
        #expect(error?.message.contains("nowhere") == true)
    }
}
#endif
