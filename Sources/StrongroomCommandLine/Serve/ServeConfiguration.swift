#if CommandLineTool && HTTPServer
internal import ArgumentParser
internal import Configuration
internal import Foundation

/// What `strongroom serve` is told beside its options: by the environment and, behind that, by a file.
///
/// A setting has the name of its option: `privateKey` in the file, `STRONGROOM_SERVE_PRIVATE_KEY` in the environment.
/// None of them is a secret; secrets are in files that they name.
struct ServeConfiguration {
    enum Key: String, CaseIterable {
        case store, keyring, anchor, anchorCounter, rootKeyFile, passphraseFile, module, keyService, keyServiceSetting
        case http, https, certificate, privateKey, minimumTlsVersion, operations
        case region, account, domain, connections, rate, anonymousRate, lifecycle, logLevel, controlSocket

        var environmentName: String {
            ServeConfiguration.environmentPrefix
                + rawValue.map { $0.isUppercase ? "_\($0)" : $0.uppercased() }.joined()
        }
    }

    static let environmentPrefix = "STRONGROOM_SERVE_"
    private static let fileName = environmentPrefix + "CONFIG"
    /// What names a store for every command; here it is the environment's word like any other.
    private static let storeName = "STRONGROOM_STORE"

    private let reader: ConfigReader
    /// The environment and, behind it, the file, each by itself.
    private let sources: [ConfigReader]

    /// - Parameters:
    ///   - file: JSON; nil for what the environment names, or for none.
    /// - Throws: for names that are not known, and for files that cannot be read.
    init(
        file: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws {
        let known = Set(Key.allCases.map(\.environmentName) + [Self.fileName])
        let unknown = environment.keys.filter { $0.hasPrefix(Self.environmentPrefix) && !known.contains($0) }.min()
        if let unknown { throw ValidationError("The environment has \(unknown), which is no setting of serve.") }
        var environment = environment
        if let store = environment[Self.storeName], environment[Key.store.environmentName] == nil {
            environment[Key.store.environmentName] = store
        }
        var providers: [any ConfigProvider] = [
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: ["strongroom", "serve"])
        ]
        if let file = file ?? environment[Self.fileName] {
            providers.append(try ServeConfigurationFile.provider(file, known: Set(Key.allCases.map(\.rawValue))))
        }
        reader = ConfigReader(providers: providers)
        sources = providers.map { ConfigReader(providers: [$0]) }
    }

    /// The option's value, else what is said elsewhere; nil where nobody says anything.
    func value<Value: ExpressibleByArgument>(_ key: Key, option: Value?) async throws -> Value? {
        if let option { return option }
        guard let text = try await asking(key, { try await reader.fetchString(forKey: $0) }) else { return nil }
        guard let value = Value(argument: text) else {
            throw ValidationError("The setting \(key.rawValue) cannot be '\(text)'.")
        }
        return value
    }

    func number(_ key: Key, option: Int?) async throws -> Int? {
        if let option { return option }
        return try await asking(key) { try await reader.fetchInt(forKey: $0) }
    }

    /// What the first source says that says any of `keys`: settings that exclude each other are one source's word, and
    /// what goes behind it does not add the other one.
    func alternatives(_ keys: [Key]) async throws -> [Key: String] {
        for source in sources {
            var said: [Key: String] = [:]
            for key in keys { said[key] = try await asking(key) { try await source.fetchString(forKey: $0) } }
            if !said.isEmpty { return said }
        }
        return [:]
    }

    /// All that the options say, or all that is said elsewhere.
    func values<Value: ExpressibleByArgument>(_ key: Key, options: [Value]) async throws -> [Value] {
        guard options.isEmpty else { return options }
        let texts = try await asking(key) { try await reader.fetchStringArray(forKey: $0) } ?? []
        return try texts.map { text in
            guard let value = Value(argument: text) else {
                throw ValidationError("The setting \(key.rawValue) cannot hold '\(text)'.")
            }
            return value
        }
    }

    private func asking<Value>(
        _ key: Key, _ fetch: (ConfigKey) async throws -> Value?
    ) async throws -> Value? {
        do {
            return try await fetch(ConfigKey([key.rawValue]))
        } catch {
            throw ValidationError("The setting \(key.rawValue) is of the wrong kind: \(error)")
        }
    }
}
#endif
