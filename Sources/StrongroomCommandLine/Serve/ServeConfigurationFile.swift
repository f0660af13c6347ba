#if CommandLineTool && HTTPServer
internal import ArgumentParser
internal import Configuration
internal import Foundation
internal import SystemPackage

/// A file of settings.
enum ServeConfigurationFile {
    /// - Throws: for names that are not among `known`: a setting that is misspelt must not look as if it held.
    static func provider(_ name: String, known: Set<String>) async throws -> any ConfigProvider {
        let text = try TextFile.read(name)
        let found: Any
        do {
            found = try JSONSerialization.jsonObject(with: Data(text.utf8))
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
            return try await FileProvider<JSONSnapshot>(filePath: FilePath(name))
        } catch {
            throw ValidationError("\(quoted(name)) cannot be read: \(error)")
        }
    }
}
#endif
