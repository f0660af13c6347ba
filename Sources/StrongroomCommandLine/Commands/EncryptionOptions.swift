#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// How a put or a copy is to be encrypted.
struct EncryptionOptions: ParsableArguments {
    @Option(help: "AES256, aws:kms, aws:kms:dsse or none; by default what the bucket says.")
    var sse: SSEArgument?
    @Option(
        help: "With aws:kms and aws:kms:dsse: the key's id, alias or ARN; by default the key service's own default key."
    )
    var sseKmsKeyId: String?
    @Option(
        help: ArgumentHelp(
            "With aws:kms and aws:kms:dsse: bound to the data key, and visible; may be repeated.",
            valueName: "name=value"))
    var encryptionContext: [PairArgument] = []
    @Flag(inversion: .prefixedNo, help: "With aws:kms: whether to spare the key service by a Bucket Key.")
    var bucketKey: Bool?
    @Option(help: "A file with 32 bytes, the key to seal the object under (SSE-C): whoever reads it must bring it.")
    var sseCKeyFile: String?

    func validate() throws {
        _ = try PairArgument.dictionary(encryptionContext, of: "--encryption-context")
        if sse?.asksKeyService != true, sseKmsKeyId != nil || !encryptionContext.isEmpty {
            throw ValidationError(
                "--sse-kms-key-id and --encryption-context go with --sse aws:kms and aws:kms:dsse.")
        }
        if sse != .kms, bucketKey != nil { throw ValidationError("--bucket-key goes with --sse aws:kms.") }
        if sse != nil, sseCKeyFile != nil { throw ValidationError("--sse and --sse-c-key-file exclude each other.") }
    }

    func request() async throws -> EncryptionRequest {
        if let sseCKeyFile { return .customerKey(try await SecretFile.customerKey(from: sseCKeyFile)) }
        switch sse {
        case nil: return .bucketDefault
        case .aes256: return .s3Managed
        case .none?: return .none
        case .kms:
            return .kms(
                key: sseKmsKeyId,
                context: try PairArgument.dictionary(encryptionContext, of: "--encryption-context"),
                bucketKey: bucketKey)
        case .kmsDualLayer:
            return .kmsDualLayer(
                key: sseKmsKeyId,
                context: try PairArgument.dictionary(encryptionContext, of: "--encryption-context"))
        }
    }
}

/// The key that an object is under which is read.
struct CustomerKeyOption: ParsableArguments {
    @Option(help: "The file with the key that the object is under (SSE-C).")
    var sseCKeyFile: String?

    /// The bucket, with the key if there is one.
    func presented(to bucket: Bucket) async throws -> Bucket {
        guard let sseCKeyFile else { return bucket }
        return bucket.presenting(try await SecretFile.customerKey(from: sseCKeyFile))
    }
}

/// What objects of a bucket get whose put asks for nothing.
enum DefaultEncryptionOptions {
    static func encryption(_ mode: SSEArgument, key: String?, bucketKey: Bool) throws -> DefaultEncryption {
        guard mode.asksKeyService || key == nil else {
            throw ValidationError("--kms-key-id goes with aws:kms and aws:kms:dsse.")
        }
        guard mode == .kms || !bucketKey else { throw ValidationError("--bucket-key goes with aws:kms.") }
        return switch mode {
        case .aes256: .s3Managed
        case .kms: .kms(key: key, bucketKey: bucketKey)
        case .kmsDualLayer: .kmsDualLayer(key: key)
        case .none: .none
        }
    }
}
#endif
