#if CommandLineTool
import Foundation
import StrongroomKeys
import SystemPackage
import Testing

@testable import StrongroomCommandLine

@Suite("Module pins")
struct ModulePinsTests {
    private let digest = String(repeating: "ab", count: 32)

    private func parse(_ text: String) throws(CommandFailure) -> [TrustedModule] {
        try ModulePins.parse(text, relativeTo: "/opt/strongroom", "/opt/strongroom/strongroom.modules")
    }

    @Test("the form of sha256sum; names are relative to the list")
    func parsing() throws {
        let modules = try parse(
            """
            # comes with the program
            \(digest)  libS3ManagedKeys.so

            \(digest)  /usr/lib/two  spaces.so
            """)
        #expect(modules.map(\.path) == ["/opt/strongroom/libS3ManagedKeys.so", "/usr/lib/two  spaces.so"])
        #expect(modules.allSatisfy { $0.sha256 == Array(repeating: 0xAB, count: 32) })
    }

    @Test(
        "anything else is refused with its line, never passed over",
        arguments: [
            "x", "abab  /m.so", "\(String(repeating: "ab", count: 32)) /m.so",
            "\(String(repeating: "ab", count: 32))  ",
        ])
    func malformed(line: String) {
        let error = #expect(throws: CommandFailure.self) { try parse("# one\n\(line)\n") }
        #expect(error?.message.contains("line 2") == true)
    }

    @Test("a pin takes the place of an earlier one of its file, and goes alone")
    func removing() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "strongroom-pins-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "modules")
        try Data("# mine\n".utf8).write(to: file)
        let list = FilePath(file.path)
        // The second one's line ends as the first one's does.
        for (path, byte) in [("/a.so", 1), ("/b  /a.so", 2), ("/a.so", 3)] as [(FilePath, UInt8)] {
            try ModulePins.add(TrustedModule(path: path, sha256: Array(repeating: byte, count: 32)), to: list)
        }
        let (second, third) = (String(repeating: "02", count: 32), String(repeating: "03", count: 32))
        #expect(
            try String(contentsOf: file, encoding: .utf8) == "# mine\n\(second)  /b  /a.so\n\(third)  /a.so\n")
        try ModulePins.remove("/a.so", from: list)
        #expect(try String(contentsOf: file, encoding: .utf8) == "# mine\n\(second)  /b  /a.so\n")
        let error = #expect(throws: CommandFailure.self) { try ModulePins.remove("/a.so", from: list) }
        #expect(error?.code == .notFound)
    }

    /// The story: a text was pinned, from then on every `module list` failed, and no command took the pin away.
    @Test("what is no shared library is not pinned; what is pinned is unpinned, also where the file is gone")
    func command() throws {
        let strongroom = try Strongroom()
        try strongroom.write("text.so", Data("hello".utf8))
        let text = try strongroom("module", "pin", "text.so", "--json")
        #expect(text.status == 1 && text.error?["code"] as? String == "untrustedModule", "\(text.errors)")
        let pins = ".config/strongroom/modules"
        #expect(!FileManager.default.fileExists(atPath: strongroom.path(pins)))

        let libraries = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64"].map { $0 + "/libc.so.6" }
        let library = try #require(libraries.first { FileManager.default.fileExists(atPath: $0) })
        #expect(try strongroom("module", "pin", library).status == 0)
        #expect(try String(decoding: strongroom.read(pins), as: UTF8.self).hasSuffix("  \(library)\n"))
        let unpinned = try strongroom("module", "unpin", library, "--json")
        #expect(unpinned.status == 0 && unpinned.lines.first?["path"] as? String == library, "\(unpinned.errors)")
        #expect(try strongroom.read(pins).isEmpty)
        let again = try strongroom("module", "unpin", library, "--json")
        #expect(again.status == 1 && again.error?["code"] as? String == "notFound")

        try strongroom.write(pins, Data("\(digest)  /gone.so\n".utf8))
        #expect(try strongroom("module", "list").status == 1)
        #expect(try strongroom("module", "unpin", "/gone.so").status == 0)
        #expect(try strongroom.read(pins).isEmpty)
    }
}
#endif
