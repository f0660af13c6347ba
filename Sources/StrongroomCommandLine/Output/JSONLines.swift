#if CommandLineTool
internal import FoundationEssentials

/// One JSON object per line, keys in a fixed order, so that scripts and `diff` can rely on them.
enum JSONLines {
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

/// `{"error":{"code":…,"message":…}}`
struct ErrorLine: Encodable, Equatable {
    struct Body: Encodable, Equatable {
        var code: String
        var message: String
        var bucket: String?
        var key: String?
    }
    var error: Body
}
#endif
