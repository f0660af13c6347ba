#if RemoteKMS
internal import NIOCore
internal import StrongroomCrypto
internal import StrongroomKeys

/// The contract's requests in the service's words, and its answers checked before anybody uses them.
struct RemoteBackend: KeyBackend {
    /// The version of a key whose service tells no id of its material.
    static let unversioned = "unversioned"

    let client: ServiceClient

    /// Blocks. Asks the service nothing: a store opens while it is down.
    init(
        _ configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost
    ) throws(KeyBackendError) {
        if configuration.secret != nil {
            throw KeyBackendError(
                .invalidRequest, "The remote key service takes no passphrase; its credentials stand in a file.")
        }
        let settings = try RemoteSettings(configuration.settings)
        let credentials = try Credentials.read(settings.credentialsFile, profile: settings.profile)
        let tls = settings.endpoint.isPlain ? nil : try AuthorityFile.context(settings.authorityFile)
        let transport = try ServiceTransport(
            ConnectionPool.Configuration(
                endpoint: settings.endpoint, tls: tls,
                connectTimeout: .seconds(Int64(settings.connectTimeoutSeconds)),
                connectionCountMax: settings.connectionCountMax))
        client = ServiceClient(
            settings: settings, transport: transport,
            signer: RequestSigner(credentials, region: settings.region, endpoint: settings.endpoint), host: host)
    }

    func close() async throws(KeyBackendError) { try await client.transport.close() }

    // MARK: - Data keys

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        let keyID = try keyID(request.keyID)
        var members: [String: JSONValue] = [
            "KeyId": .string(keyID), "NumberOfBytes": .number(String(GeneratedDataKey.sizeBytes)),
        ]
        members["EncryptionContext"] = try Self.context(request.encryptionContext)
        members["GrantTokens"] = Self.grantTokens(request.context)
        let body = try await client.call(.generateDataKey, members, request.context)
        let answer = try KeyAnswer(body)
        let arn = try answer.arn("KeyId")
        guard KeyReference.mayMean(keyID, arn: arn) else {
            throw KeyBackendError(
                .moduleFault, "was answered with a key under '\(arn.prefix(300))' where '\(keyID)' was asked for")
        }
        let wrapped = WrappedDataKey(
            keyID: arn, keyVersion: try answer.version("KeyMaterialId"), bytes: try answer.wrappedKey())
        return GeneratedDataKey(plaintext: try answer.takeDataKey(), wrapped: wrapped)
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        try KeyReference.check(wrapped.keyID)
        var members: [String: JSONValue] = [
            "KeyId": .string(wrapped.keyID), "CiphertextBlob": try Self.ciphertext(wrapped),
        ]
        members["EncryptionContext"] = try Self.context(request.encryptionContext)
        members["GrantTokens"] = Self.grantTokens(request.context)
        let answer = try KeyAnswer(try await client.call(.decrypt, members, request.context))
        try answer.check("KeyId", is: wrapped)
        return try answer.takeDataKey()
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        try KeyReference.check(wrapped.keyID)
        var members: [String: JSONValue] = [
            "SourceKeyId": .string(wrapped.keyID), "DestinationKeyId": .string(wrapped.keyID),
            "CiphertextBlob": try Self.ciphertext(wrapped),
        ]
        members["SourceEncryptionContext"] = try Self.context(request.encryptionContext)
        members["DestinationEncryptionContext"] = try Self.context(request.encryptionContext)
        members["GrantTokens"] = Self.grantTokens(request.context)
        let answer = try KeyAnswer(try await client.call(.reEncrypt, members, request.context))
        try answer.check("SourceKeyId", is: wrapped)
        try answer.check("KeyId", is: wrapped)
        return WrappedDataKey(
            keyID: wrapped.keyID, keyVersion: try answer.version("DestinationKeyMaterialId"),
            bytes: try answer.wrappedKey())
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        let keyID = try keyID(request.keyID)
        let key = try await remoteKey(keyID, request.context)
        return KeyDescription(
            keyID: key.arn, currentVersion: key.currentVersion ?? Self.unversioned,
            health: key.problem == nil ? .ready : .unavailable, message: key.problem ?? "")
    }

    /// What the service says of a key, which must be the one that was asked for.
    func remoteKey(_ keyID: String, _ context: KeyRequestContext) async throws(KeyBackendError) -> RemoteKey {
        var members: [String: JSONValue] = ["KeyId": .string(keyID)]
        members["GrantTokens"] = Self.grantTokens(context)
        let answer = try ListAnswer(try await client.call(.describeKey, members, context))
        let key = try RemoteKey(try answer.object("KeyMetadata"))
        guard KeyReference.mayMean(keyID, arn: key.arn) else {
            throw KeyBackendError(
                .moduleFault, "was told of '\(key.arn.prefix(300))' where '\(keyID)' was asked for")
        }
        return key
    }

    // MARK: - Parts of requests

    private func keyID(_ requested: String?) throws(KeyBackendError) -> String {
        guard let keyID = requested ?? client.settings.defaultKeyID else {
            throw KeyBackendError(
                .invalidRequest, "The request names no key, and there is no default; name one, or set default-key-id.")
        }
        try KeyReference.check(keyID)
        return keyID
    }

    private static func ciphertext(_ wrapped: WrappedDataKey) throws(KeyBackendError) -> JSONValue {
        guard (1...KeyAnswer.wrappedSizeBytesMax).contains(wrapped.bytes.count) else {
            throw KeyBackendError(
                .invalidCiphertext,
                "A wrapped key of \(wrapped.bytes.count) bytes is none of a key service; the limit is "
                    + "\(KeyAnswer.wrappedSizeBytesMax).")
        }
        return .string(PaddedBase64.encode(wrapped.bytes))
    }

    /// Exactly the pairs; nil where there are none.
    private static func context(_ context: EncryptionContext) throws(KeyBackendError) -> JSONValue? {
        guard !context.pairs.isEmpty else { return nil }
        var members: [String: JSONValue] = [:]
        for pair in context.pairs {
            // Such names differ as bytes: neither may be left out, and no service can be trusted to tell them apart.
            guard members.updateValue(.string(pair.value), forKey: pair.name) == nil else {
                throw KeyBackendError(
                    .invalidRequest,
                    "The encryption context has two names '\(pair.name)' that Unicode takes for the same; rename one.")
            }
        }
        return .object(members)
    }

    static func grantTokens(_ context: KeyRequestContext) -> JSONValue? {
        context.grantTokens.isEmpty ? nil : .array(context.grantTokens.map { .string($0) })
    }
}
#endif
