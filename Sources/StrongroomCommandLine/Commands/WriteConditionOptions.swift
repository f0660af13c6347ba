#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// What must be true of a key for a put to happen.
struct WriteConditionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only if there is no object yet; * is the only value.", valueName: "*"))
    var ifNoneMatch: AnyETagArgument?
    @Option(help: ArgumentHelp("Only if the object that is there has this ETag; * for any.", valueName: "etag"))
    var ifMatch: ETagArgument?

    var condition: WriteCondition? { ifNoneMatch == nil ? ifMatch?.condition : .absent }

    func validate() throws {
        if ifNoneMatch != nil && ifMatch != nil {
            throw ValidationError("--if-none-match and --if-match exclude each other.")
        }
    }
}

/// `*`, as HTTP writes “any ETag”.
enum AnyETagArgument: String, ExpressibleByArgument {
    case any = "*"
}

/// `--if-match`: an ETag as commands print it or, quoted, as HTTP does; `*` is any.
struct ETagArgument: ExpressibleByArgument, Equatable, Sendable {
    var condition: WriteCondition

    init?(argument: String) {
        guard argument != "*" else {
            condition = .present
            return
        }
        let isQuoted = argument.count > 2 && argument.hasPrefix("\"") && argument.hasSuffix("\"")
        let etag = isQuoted ? String(argument.dropFirst().dropLast()) : argument
        guard !etag.isEmpty, !etag.contains("\"") else { return nil }
        condition = .matches(etag)
    }
}
#endif
