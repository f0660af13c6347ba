#if CommandLineTool
internal import ArgumentParser

/// `NAME=VALUE`: the name ends at the first equals sign.
struct PairArgument: ExpressibleByArgument, Equatable {
    var name: String
    var value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }

    /// - Throws: wrong usage where a name is given twice: nobody knows which was meant.
    static func dictionary(_ pairs: [PairArgument], of option: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for pair in pairs where values.updateValue(pair.value, forKey: pair.name) != nil {
            throw ValidationError("\(option) \(quoted(pair.name)) is given twice.")
        }
        return values
    }
}
#endif
