import StrongroomKeys
import StrongroomPKCS11Keys
import SystemPackage

/// Another process at a token, for tests.
///
///     StrongroomTokenHarness LIBRARY TOKEN PIN-FILE create
///     StrongroomTokenHarness LIBRARY TOKEN PIN-FILE rotate COUNT
///
/// Prints each wrapped key that it makes as `<version> <hexadecimal>`, one after each rotation, and why it fails.
@main
struct TokenHarness {
    static func main() async throws {
        do {
            try await run()
        } catch {
            // Not buffered: what comes next ends the process.
            try FileDescriptor.standardOutput.writeAll(Array("failed: \(error)\n".utf8))
            throw error
        }
    }

    private static func run() async throws {
        let arguments = CommandLine.arguments
        var configuration = KeyBackendConfiguration(
            creates: arguments[4] == "create",
            settings: PKCS11Keys.settings(
                library: FilePath(arguments[1]), token: arguments[2], pinFile: FilePath(arguments[3])))
        configuration.settings["sessions"] = "2"
        let instance = try await KeyBackendInstance.open(PKCS11Keys.table, configuration: configuration)
        for _ in 0..<(arguments.count > 5 ? Int(arguments[5])! : 0) {
            _ = try await instance.control(
                ControlRequest(json: Array(#"{"operation":"rotate-key","keyId":"strongroom/default"}"#.utf8)))
            let wrapped = try await instance.generateDataKey(DataKeyRequest()).wrapped
            print(wrapped.keyVersion, Hexadecimal.encode(wrapped.bytes))
        }
        try await instance.close()
    }
}
