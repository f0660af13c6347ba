#if CommandLineTool
internal import ArgumentParser

/// `BUCKET/KEY` as the command line writes it: the bucket ends at the first slash, the key is the rest as it
/// stands, slashes and dots included.
struct ObjectAddress: ExpressibleByArgument, Equatable, Sendable {
    var bucket: String
    var key: String

    init(bucket: String, key: String) {
        self.bucket = bucket
        self.key = key
    }

    init?(argument: String) {
        guard let slash = argument.firstIndex(of: "/") else { return nil }
        bucket = String(argument[..<slash])
        key = String(argument[argument.index(after: slash)...])
        guard !bucket.isEmpty, !key.isEmpty else { return nil }
    }
}

/// `BUCKET[/PREFIX]`: where a directory is imported to or exported from.
struct PrefixAddress: ExpressibleByArgument, Equatable, Sendable {
    var bucket: String
    /// Empty, or ends in a slash: a directory's objects are those below it, not those whose names begin alike.
    var prefix: String

    init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = String(parts[0])
        guard !bucket.isEmpty else { return nil }
        let rest = parts.count > 1 ? String(parts[1]) : ""
        prefix = rest.isEmpty || rest.hasSuffix("/") ? rest : rest + "/"
    }
}
#endif
