#if CommandLineTool
internal import FoundationEssentials

/// One JSON object per line, keys in a fixed order, so that scripts and `diff` can rely on them.
enum JSONLines {
    /// The one line of a command's output.
    static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: Data(text.utf8))
    }

    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        do {
            return try [UInt8](encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            preconditionFailure("a line of plain strings, numbers and dates can always be encoded: \(error)")
        }
    }
}

/// `{"warning":{"message":…}}`: a remark on standard error that is no failure of the command.
struct WarningLine: Codable, Equatable {
    struct Body: Codable, Equatable {
        var message: String
    }
    var warning: Body
}

/// `{"error":{"code":…,"message":…}}`
struct ErrorLine: Codable, Equatable {
    struct Body: Codable, Equatable {
        var code: String
        var message: String
        var bucket: String?
        var key: String?
    }
    var error: Body

    /// The failure that ended a command run with `--json`, among the remarks on its standard error.
    static func last(of standardError: String) -> ErrorLine? {
        for line in standardError.split(separator: "\n").reversed() {
            if let found = try? JSONLines.decode(ErrorLine.self, from: String(line)) { return found }
        }
        return nil
    }
}
#endif
