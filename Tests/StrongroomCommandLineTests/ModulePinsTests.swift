#if CommandLineTool
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
}
#endif
