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

    /// The story: they were skipped as links are, and nobody noticed that they were not stored.
    @Test("a file whose name is not UTF-8 or too long for a key is a failure; a special file is skipped, as any other")
    func unnameable() throws {
        try Data().write(to: root.appending(path: "longer"))
        let place = Array((root.path + "/").utf8)
        let names = [0xFF, 0xFE, 0xFD].map { (byte: UInt8) in (place + [byte, 0]).map { CChar(bitPattern: $0) } }
        // Terminated, and alive through the calls.
        let made = unsafe mkfifo(names[0], 0o600)
        let file = unsafe open(names[1], O_CREAT | O_WRONLY, 0o600)
        let directory = unsafe mkdir(names[2], 0o700)
        #expect(made == 0 && file >= 0 && directory == 0)
        close(file)
        let walk = try DirectoryWalk(of: FilePath(root.path), keyBytesMax: 4)
        #expect(walk.files.isEmpty && walk.skipped.map(\.reason) == [.special])
        #expect(walk.failures.count == 3)
        #expect(walk.failures.count { $0.contains("UTF-8") } == 2)
        #expect(walk.failures.count { $0.contains("longer\"") && $0.contains("a longer name than a key") } == 1)
    }

    @Test("a directory that is not there is an error that names it")
    func missing() {
        let error = #expect(throws: CommandFailure.self) {
            try DirectoryWalk(of: FilePath(root.path + "/nowhere"), keyBytesMax: 1_024)
        }
        #expect(error?.message.contains("nowhere") == true)
    }
}

@Suite("Directory walk, with few rights")
struct ClosedDirectoryTests {
    /// The story: one directory that could not be read ended an import before anything was stored. In a process of its
    /// own, which gives root's rights away.
    @Test("a directory that cannot be read, or not be entered, keeps no other out")
    func unreadable() async throws {
        await #expect(processExitsWith: .success) {
            let root = FileManager.default.temporaryDirectory.appending(path: "strongroom-walk-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
            if geteuid() == 0 {
                #expect(unsafe chown(root.path, 65534, 65534) == 0)
                #expect(setreuid(65534, 65534) == 0)
            }
            func setMode(_ mode: mode_t, _ name: String) {
                #expect(unsafe chmod(root.appending(path: name).path, mode) == 0)
            }
            for name in ["closed", "listed", "open"] {
                let directory = root.appending(path: name)
                try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
                try Data().write(to: directory.appending(path: "f"))
            }
            setMode(0, "closed")
            setMode(0o400, "listed")
            let walk = try DirectoryWalk(of: FilePath(root.path), keyBytesMax: 1_024)
            #expect(walk.files.map(\.name) == ["open/f"] && walk.skipped.isEmpty)
            #expect(walk.failures.count == 2 && walk.failures.allSatisfy { $0.contains("cannot read") })
            for name in ["closed", "listed"] { setMode(0o700, name) }
            try FileManager.default.removeItem(at: root)
        }
    }
}
#endif
