import ReplayDisk

/// `--name value` and `--name`.
struct Arguments {
    private var values: [String: String] = [:]

    init(_ words: ArraySlice<String>) throws {
        var rest = words
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else { throw ReplayError("\(word) is no option") }
            let value = rest.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
            if value != nil { rest.removeFirst() }
            values[String(word.dropFirst(2))] = value ?? ""
        }
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    func text(_ name: String) throws -> String {
        guard let value = values[name], !value.isEmpty else { throw ReplayError("--\(name) is missing") }
        return value
    }

    func number(_ name: String, default standard: UInt64) throws -> UInt64 {
        guard let value = values[name] else { return standard }
        guard let number = UInt64(value) else { throw ReplayError("--\(name) takes a number, not \(value)") }
        return number
    }
}
