import StrongroomCrypto
import StrongroomPKCS11Keys
import SystemPackage
import Testing

@testable import StrongroomKeys

/// Other processes at the same token, and processes that die.
@Suite struct TokenProcessTests {
    let token: TestToken

    init() throws { token = try TestToken() }

    private func start(_ arguments: String..., environment: [String] = []) throws -> ChildProcess {
        try ChildProcess(
            executable: "/usr/bin/env",
            arguments: environment + [
                SoftToken.harness.string, token.library.string, token.label, token.pinFile.string,
            ] + arguments)
    }

    @Test func aSearchPathOfTheEnvironmentThatOthersCanFillIsRefused() throws {
        // The linker ends an entry at a semicolon, too, whatever stands on it, and takes `$ORIGIN` for a folder.
        for path in [
            ".", "/usr/lib:", "/tmp/\(token.label)", "relative", "/usr/lib;/tmp/\(token.label)", "/usr/lib;",
            "/usr/lib;\u{301}/\(token.label)", "$ORIGIN", "${ORIGIN}", "/usr/lib:$ORIGIN",
            "/usr/\u{600}$ORIGIN",
        ] {
            let child = try start("create", environment: ["LD_LIBRARY_PATH=\(path)", "SWIFT_BACKTRACE=enable=no"])
            #expect(child.wait() != "exit status 0", "\(path)")
        }
        // None of them has made the key.
        #expect(
            try start("create", environment: ["LD_LIBRARY_PATH=/usr/lib:/usr/nothing;/usr/lib64"]).wait()
                == "exit status 0")
    }

    private func versions(_ instance: KeyBackendInstance) async throws -> JSONValue? {
        try await instance.ask("describe-key", ["keyId": .string("strongroom/default")])["versionCount"]
    }

    /// A store makes its keys where an attempt to open them finds none, so this is what it meets after the crash.
    @Test func aProcessThatDiesOnceTheFirstKeyIsMadeLeavesIt() async throws {
        let child = try start("create", environment: ["FAULTY_TOKEN_DIES_AFTER_GENERATE=1"])
        #expect(child.wait() == "exit status 9")
        let instance = try await token.open()
        #expect(try await instance.describe(DescribeRequest()).health == .ready)
        #expect(try await versions(instance) == .number("1"))
        #expect(await refusal { _ = try await token.open(creates: true) }?.code == .keyringExists)
    }

    @Test func aRotationWhoseProcessDiedIsDoneOnce() async throws {
        let instance = try await token.open(creates: true)
        let version = try await instance.describe(DescribeRequest()).currentVersion
        let child = try start("rotate", "1", environment: ["FAULTY_TOKEN_DIES_AFTER_GENERATE=1"])
        #expect(child.wait() == "exit status 9")
        let again = try await instance.ask(
            "rotate-key", ["keyId": .string("strongroom/default"), "currentVersion": .string(version)])
        #expect(again["versionCount"] == .number("2") && again["currentVersion"] != .string(version))
        let generated = try await instance.generateDataKey(DataKeyRequest())
        let wrapped = generated.wrapped
        #expect(wrapped.keyVersion.hasPrefix("2-"))
        #expect(try await instance.isOpened(wrapped, to: SharedSecret(generated.takePlaintext())))
    }

    /// Three processes rotate the same key at the same time: one after the other, so that no number is there twice.
    /// SoftHSM loses sight of keys where two make some at once, and so one of them had 18 versions, or no token.
    @Test func whatOtherProcessesWrapIsOpenedHere() async throws {
        let instance = try await token.open(creates: true)
        let children = try [start("rotate", "6"), start("rotate", "6")]
        for _ in 0..<6 { _ = try await instance.ask("rotate-key", ["keyId": .string("strongroom/default")]) }
        var wraps: [WrappedDataKey] = []
        for child in children {
            var lastLine = ""
            while case .line(let line) = child.nextLine(timeoutSeconds: 60) {
                lastLine = line
                let words = line.split(separator: " ")
                guard words.count == 2, let bytes = Hexadecimal.decode(String(words[1])) else { continue }
                wraps.append(WrappedDataKey(keyID: "strongroom/default", keyVersion: String(words[0]), bytes: bytes))
            }
            #expect(child.wait() == "exit status 0", "\(lastLine)")
        }
        #expect(wraps.count == 12)
        #expect(try await versions(instance) == .number("19"))
        #expect(Set(wraps.map(\.keyVersion)).count == 12)
        for wrapped in wraps { _ = try await instance.unwrap(wrapped, for: UnwrapRequest()) }
        // All agree on which one is current.
        let current = try await instance.describe(DescribeRequest()).currentVersion
        #expect(current.hasPrefix("19-"))
        #expect(try await token.open().describe(DescribeRequest()).currentVersion == current)
    }
}
