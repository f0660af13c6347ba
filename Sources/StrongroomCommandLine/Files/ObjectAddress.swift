#if CommandLineTool
internal import ArgumentParser

/// `BUCKET/KEY` as the command line writes it: the bucket ends at the first slash, the key is the rest as it
/// stands, slashes and dots included.
///
/// No `ExpressibleByArgument`, which cannot say what is wrong: arguments have ``read(_:)`` as their `transform`.
struct ObjectAddress: Equatable, Sendable {
    var bucket: String
    var key: String

    init(bucket: String, key: String) {
        self.bucket = bucket
        self.key = key
    }

    init?(argument text: String) {
        // By bytes: with a combining mark behind it a slash is no character of its own.
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        bucket = String(text[..<slash])
        key = String(text[text.utf8.index(after: slash)...])
        guard !bucket.isEmpty, !key.isEmpty else { return nil }
    }

    static func read(_ argument: String) throws -> ObjectAddress {
        if let address = ObjectAddress(argument: argument) { return address }
        throw ValidationError("give a bucket, a slash and a key, such as photos/cat.jpg")
    }
}

/// `BUCKET[/PREFIX]`: where a directory is imported to or exported from.
struct PrefixAddress: Equatable, Sendable {
    var bucket: String
    /// Empty, or ends in a slash: a directory's objects are those below it, not those whose names begin alike.
    var prefix: String

    init?(argument text: String) {
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) ?? text.endIndex
        bucket = String(text[..<slash])
        guard !bucket.isEmpty else { return nil }
        let rest = slash == text.endIndex ? "" : String(text[text.utf8.index(after: slash)...])
        prefix = rest.isEmpty || rest.utf8.last == UInt8(ascii: "/") ? rest : rest + "/"
    }

    static func read(_ argument: String) throws -> PrefixAddress {
        if let address = PrefixAddress(argument: argument) { return address }
        throw ValidationError("give a bucket, or a bucket, a slash and a prefix, such as photos/2026")
    }
}
#endif
