#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// What a put says of the object beside its bytes.
struct ObjectDescription: ParsableArguments {
    @OptionGroup var encryption: EncryptionOptions
    @Option(help: "The content type, kept encrypted.")
    var contentType: String?
    @OptionGroup var headers: ContentHeaderOptions
    @Option(help: ArgumentHelp("Metadata of your own, kept encrypted; may be repeated.", valueName: "name=value"))
    var metadata: [PairArgument] = []
    @Option(help: ArgumentHelp("A tag, kept encrypted; may be repeated. See: tag.", valueName: "name=value"))
    var tag: [PairArgument] = []
    @Option(help: "A label, by default STANDARD: all objects are stored alike.")
    var storageClass: String?

    func validate() throws {
        _ = try PairArgument.dictionary(metadata, of: "--metadata")
        _ = try PairArgument.dictionary(tag, of: "--tag")
    }

    func options() async throws -> PutOptions {
        PutOptions(
            encryption: try await encryption.request(), contentType: contentType,
            metadata: try PairArgument.dictionary(metadata, of: "--metadata"), headers: headers.asHeaders,
            tags: try ObjectTags(PairArgument.dictionary(tag, of: "--tag")),
            storageClass: try storageClass.map { try StorageClass($0) } ?? .standard)
    }
}

/// How the content is to be treated: HTTP's headers, kept encrypted and given back word for word.
struct ContentHeaderOptions: ParsableArguments {
    @Option(help: "Cache-Control, given back with the object.")
    var cacheControl: String?
    @Option(help: "Content-Disposition, given back with the object.")
    var contentDisposition: String?
    @Option(help: "Content-Encoding: how the bytes are encoded already.")
    var contentEncoding: String?
    @Option(help: "Content-Language, given back with the object.")
    var contentLanguage: String?
    @Option(help: "Expires, as HTTP writes a date; not checked.")
    var expires: String?

    var asHeaders: ContentHeaders {
        ContentHeaders(
            cacheControl: cacheControl, contentDisposition: contentDisposition, contentEncoding: contentEncoding,
            contentLanguage: contentLanguage, expires: expires)
    }
}
#endif
