#if CommandLineTool && HTTPServer
import ArgumentParser
import Foundation
import StrongroomS3
import Testing

@testable import StrongroomCommandLine

@Suite("What serve is told")
struct ServeConfigurationTests {
    private static func file(_ text: String, _ body: (String) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "serve-\(UUID().uuidString).json")
        try Data(text.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(url.path)
    }

    /// What refusing it says; nil where it is not refused.
    private static func refusal(
        _ text: String, environment: [String: String] = [:], reading key: ServeConfiguration.Key? = nil
    ) async throws -> String? {
        var message: String?
        try await file(text) { path in
            do {
                let said = try await ServeConfiguration(file: path, environment: environment)
                switch key {
                case .connections?: _ = try await said.number(.connections, option: nil)
                case .domain?: _ = try await said.values(.domain, options: [String]())
                case .http?: _ = try await said.value(.http, option: EndpointArgument?.none)
                case let key?: _ = try await said.value(key, option: String?.none)
                case nil: break
                }
            } catch let error as ValidationError {
                message = error.message
            }
        }
        return message
    }

    @Test func anOptionGoesBeforeTheEnvironmentAndThatBeforeTheFile() async throws {
        let text = #"{"region": "file", "account": "111111111111", "connections": 5, "domain": ["a", "b"]}"#
        try await Self.file(text) { path in
            let said = try await ServeConfiguration(
                file: path,
                environment: ["STRONGROOM_SERVE_REGION": "environment", "STRONGROOM_SERVE_LOG_LEVEL": "error"])
            #expect(try await said.value(.region, option: "option") == "option")
            #expect(try await said.value(.region, option: String?.none) == "environment")
            #expect(try await said.value(.account, option: String?.none) == "111111111111")
            #expect(try await said.value(.logLevel, option: LogLevelArgument?.none) == .error)
            #expect(try await said.value(.privateKey, option: String?.none) == nil)
            #expect(try await said.number(.connections, option: 7) == 7)
            #expect(try await said.number(.connections, option: nil) == 5)
            #expect(try await said.values(.domain, options: ["c"]) == ["c"])
            #expect(try await said.values(.domain, options: [String]()) == ["a", "b"])
        }
    }

    @Test func theEnvironmentHasNumbersAndListsAsText() async throws {
        let said = try await ServeConfiguration(
            file: nil,
            environment: [
                "STRONGROOM_SERVE_CONNECTIONS": "12", "STRONGROOM_SERVE_DOMAIN": "a.test,b.test",
                "STRONGROOM_SERVE_ANONYMOUS_RATE": "10/20", "STRONGROOM_SERVE_MINIMUM_TLS_VERSION": "1.3",
            ])
        #expect(try await said.number(.connections, option: nil) == 12)
        #expect(try await said.values(.domain, options: [String]()) == ["a.test", "b.test"])
        let rate = try await said.value(.anonymousRate, option: RateArgument?.none)
        #expect(rate?.rate.perSecond == 10 && rate?.rate.burst == 20)
        #expect(try await said.value(.minimumTlsVersion, option: TLSVersionArgument?.none) == .tls13)
    }

    @Test func theStoreOfAllCommandsIsTheEnvironmentsWord() async throws {
        func store(_ environment: [String: String]) async throws -> String? {
            var found: String?
            try await Self.file(#"{"store": "file"}"#) { path in
                found = try await ServeConfiguration(file: path, environment: environment)
                    .value(.store, option: String?.none)
            }
            return found
        }
        #expect(try await store([:]) == "file")
        #expect(try await store(["STRONGROOM_STORE": "all"]) == "all")
        #expect(try await store(["STRONGROOM_STORE": "all", "STRONGROOM_SERVE_STORE": "serve"]) == "serve")
    }

    /// What was used was read a second time: from a pipe that was nothing, and from a file perhaps what nobody had
    /// checked.
    @Test func aPipeIsReadOnce() async throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data(#"{"region": "pipe", "connections": 5}"#.utf8))
        try pipe.fileHandleForWriting.close()
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        let said = try await ServeConfiguration(file: path, environment: [:])
        #expect(try await said.value(.region, option: String?.none) == "pipe")
        #expect(try await said.number(.connections, option: nil) == 5)
    }

    /// A passphrase that the environment named and a root key that the file named were refused as both at once,
    /// although the environment goes first.
    @Test func whatExcludesEachOtherIsTheWordOfOneSource() async throws {
        let keys: [ServeConfiguration.Key] = [.rootKeyFile, .passphraseFile]
        try await Self.file(#"{"rootKeyFile": "file", "region": "file"}"#) { path in
            let behind = try await ServeConfiguration(
                file: path, environment: ["STRONGROOM_SERVE_PASSPHRASE_FILE": "environment"])
            #expect(try await behind.alternatives(keys) == [.passphraseFile: "environment"])
            #expect(try await behind.value(.region, option: String?.none) == "file")
            let alone = try await ServeConfiguration(file: path, environment: [:])
            #expect(try await alone.alternatives(keys) == [.rootKeyFile: "file"])
            let both = try await ServeConfiguration(
                file: path,
                environment: ["STRONGROOM_SERVE_PASSPHRASE_FILE": "a", "STRONGROOM_SERVE_ROOT_KEY_FILE": "b"])
            #expect(try await both.alternatives(keys) == [.passphraseFile: "a", .rootKeyFile: "b"])
            let none = try await ServeConfiguration(file: nil, environment: [:])
            #expect(try await none.alternatives(keys).isEmpty)
        }
    }

    @Test func theEnvironmentNamesTheFile() async throws {
        try await Self.file(#"{"region": "file"}"#) { path in
            let said = try await ServeConfiguration(file: nil, environment: ["STRONGROOM_SERVE_CONFIG": path])
            #expect(try await said.value(.region, option: String?.none) == "file")
        }
    }

    @Test func whatIsNoSettingIsRefusedByNameAndItsValueIsNotPrinted() async throws {
        let unknown = try #require(try await Self.refusal(#"{"http": "h:1", "passphrase": "open sesame"}"#))
        #expect(unknown.contains("passphrase") && !unknown.contains("sesame"))
        let environment = try #require(
            try await Self.refusal("{}", environment: ["STRONGROOM_SERVE_PASSPHRASE": "open sesame"]))
        #expect(environment.contains("STRONGROOM_SERVE_PASSPHRASE") && !environment.contains("sesame"))
        // Another program's, and another command's.
        #expect(try await Self.refusal("{}", environment: ["STRONGROOM_PASSPHRASE": "x", "SERVE": "y"]) == nil)
    }

    @Test(arguments: ["", "[]", "{", "text", "1", #"{"region": {"name": "x"}}"#, #"{"region": null}"#])
    func whatIsNoObjectOfSettingsIsRefused(_ text: String) async throws {
        #expect(try await Self.refusal(text) != nil)
    }

    @Test func valuesOfAnotherKindAreRefusedByName() async throws {
        let wrong: [(ServeConfiguration.Key, String)] = [
            (.connections, #"{"connections": "many"}"#), (.connections, #"{"connections": 1.5}"#),
            (.domain, #"{"domain": "a"}"#), (.domain, #"{"domain": [1]}"#), (.region, #"{"region": 7}"#),
            (.region, #"{"region": ["a"]}"#), (.http, #"{"http": "nowhere"}"#),
        ]
        for (key, text) in wrong {
            let refusal = try await Self.refusal(text, reading: key)
            #expect(refusal?.contains(key.rawValue) == true, "\(text)")
        }
        let environment = ["STRONGROOM_SERVE_CONNECTIONS": "many"]
        #expect(try await Self.refusal("{}", environment: environment, reading: .connections) != nil)
    }

    /// An option that is added to serve is to be a setting, too.
    @Test func everyOptionIsASetting() {
        let help = ServeCommand.helpMessage(columns: 200)
        let options = help.split { !$0.isLetter && $0 != "-" }.filter { $0.hasPrefix("--") && $0.count > 2 }
        let known = Set(
            ServeConfiguration.Key.allCases.map { key in
                "--" + key.rawValue.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
            } + ["--config", "--accept-rollback", "--json", "--version", "--help"])
        #expect(Set(options.map(String.init)).subtracting(known) == [])
        #expect(options.count > 20)
    }
}
#endif
