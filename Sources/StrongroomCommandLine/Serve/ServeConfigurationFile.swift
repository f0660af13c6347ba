#if CommandLineTool && HTTPServer
internal import ArgumentParser
internal import Configuration
internal import Foundation

/// A file of settings.
enum ServeConfigurationFile {
    /// - Parameter name: `-` is standard input.
    /// - Throws: for names that are not among `known`: a setting that is misspelt must not look as if it held.
    static func provider(_ name: String, known: Set<String>) throws -> any ConfigProvider {
        let bytes = Data(try TextFile.read(name).utf8)
        let found: Any
        do {
            found = try JSONSerialization.jsonObject(with: bytes)
        } catch {
            throw ValidationError("\(quoted(name)) is no JSON; correct it.")
        }
        guard let settings = found as? [String: Any] else {
            throw ValidationError("\(quoted(name)) is no JSON object of settings.")
        }
        if let unknown = settings.keys.filter({ !known.contains($0) }).min() {
            throw ValidationError("\(quoted(name)) has \(quoted(unknown)), which is no setting of serve.")
        }
        if let nested = settings.filter({ $0.value is [String: Any] || $0.value is NSNull }).keys.min() {
            throw ValidationError("\(quoted(name)) has no value for \(nested): give a text, a number or a list.")
        }
        do {
            return CheckedFile(
                settings: try JSONSnapshot(data: bytes.bytes, providerName: "file", parsingOptions: .default))
        } catch {
            throw ValidationError("\(quoted(name)) cannot be read: \(error)")
        }
    }
}

/// What was read once and checked. The library's own provider would read the file again: a pipe has nothing the second
/// time, and a file may be another one by then.
private struct CheckedFile: ConfigProvider {
    let settings: JSONSnapshot

    var providerName: String { settings.providerName }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        try settings.value(forKey: key, type: type)
    }

    func fetchValue(forKey key: AbsoluteConfigKey, type: ConfigType) async throws -> LookupResult {
        try value(forKey: key, type: type)
    }

    func snapshot() -> any ConfigSnapshot { settings }

    func watchValue<Return: ~Copyable>(
        forKey key: AbsoluteConfigKey, type: ConfigType,
        updatesHandler: (ConfigUpdatesAsyncSequence<Result<LookupResult, any Error>, Never>) async throws -> Return
    ) async throws -> Return {
        try await watchValueFromValue(forKey: key, type: type, updatesHandler: updatesHandler)
    }

    func watchSnapshot<Return: ~Copyable>(
        updatesHandler: (ConfigUpdatesAsyncSequence<any ConfigSnapshot, Never>) async throws -> Return
    ) async throws -> Return {
        try await watchSnapshotFromSnapshot(updatesHandler: updatesHandler)
    }
}
#endif
