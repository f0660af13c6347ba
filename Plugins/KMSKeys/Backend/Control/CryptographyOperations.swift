internal import StrongroomCrypto
internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func encrypt(_ call: ControlCall) async throws(KeyServiceError) -> ControlResult {
    guard let plaintext = call.secret else {
        throw KeyServiceError(.validation, "The operation 'encrypt' needs a plaintext, as the secret of the request.")
    }
    let ciphertext = try await call.service.encrypt(
        plaintext.bytes, keyID: try call.members.required("keyId"),
        encryptionContext: try call.members.context("encryptionContext") ?? .empty,
        dryRun: try call.members.flag("dryRun"), as: call.requester)
    return ControlResult(call.sealed(ciphertext))
}

@Sendable func decrypt(_ call: ControlCall) async throws(KeyServiceError) -> ControlResult {
    let ciphertext = try call.members.ciphertext()
    try call.checkRoom(for: ciphertext.plaintextSizeBytes)
    let plaintext = try await call.service.decrypt(
        ciphertext, keyID: try call.members.optional("keyId"),
        encryptionContext: try call.members.context("encryptionContext") ?? .empty,
        dryRun: try call.members.flag("dryRun"), as: call.requester)
    return ControlResult(call.names(of: ciphertext), SharedSecret(plaintext))
}

@Sendable func reEncrypt(_ call: ControlCall) async throws(KeyServiceError) -> ControlResult {
    let source = try call.members.ciphertext()
    let ciphertext = try await call.service.reEncrypt(
        source, sourceKeyID: try call.members.optional("sourceKeyId"),
        sourceContext: try call.members.context("sourceEncryptionContext") ?? .empty,
        destinationKeyID: try call.members.required("destinationKeyId"),
        destinationContext: try call.members.context("destinationEncryptionContext") ?? .empty,
        dryRun: try call.members.flag("dryRun"), as: call.requester)
    var answer = call.sealed(ciphertext)
    answer["sourceKeyId"] = .string(call.service.keyARN(of: source))
    answer["sourceVersion"] = .string(source.materialName)
    return ControlResult(answer)
}

@Sendable func makeDataKey(_ call: ControlCall) async throws(KeyServiceError) -> ControlResult {
    let count = try call.members.count("numberOfBytes", absent: GeneratedDataKey.sizeBytes)
    try call.checkRoom(forNew: count)
    let made = try await call.service.generateDataKey(
        count: count,
        keyID: try call.members.required("keyId"),
        encryptionContext: try call.members.context("encryptionContext") ?? .empty,
        dryRun: try call.members.flag("dryRun"), as: call.requester)
    do throws(SecretMemoryError) {
        return ControlResult(call.sealed(made.ciphertext), SharedSecret(try made.plaintext.copy()))
    } catch {
        throw KeyServiceError(secretMemory: error)
    }
}

@Sendable func makeDataKeyWithoutPlaintext(_ call: ControlCall) async throws(KeyServiceError) -> ControlResult {
    let ciphertext = try await call.service.generateDataKeyWithoutPlaintext(
        count: try call.members.count("numberOfBytes", absent: GeneratedDataKey.sizeBytes),
        keyID: try call.members.required("keyId"),
        encryptionContext: try call.members.context("encryptionContext") ?? .empty,
        dryRun: try call.members.flag("dryRun"), as: call.requester)
    return ControlResult(call.sealed(ciphertext))
}

@Sendable func makeRandom(_ call: ControlCall) async throws(KeyServiceError) -> ControlResult {
    let count = try call.members.count("numberOfBytes", absent: 0)
    try call.checkRoom(forNew: count)
    let bytes = try await call.service.generateRandom(count: count, as: call.requester)
    return ControlResult([:], SharedSecret(bytes))
}

/// What an operation with secrets answers: the secret beside the JSON.
struct ControlResult: Sendable {
    var members: [String: JSONValue]
    var secret: SharedSecret?

    init(_ members: [String: JSONValue], _ secret: SharedSecret? = nil) {
        (self.members, self.secret) = (members, secret)
    }
}

extension ControlCall {
    /// More bytes than the service makes at once it refuses itself.
    fileprivate func checkRoom(forNew count: Int) throws(KeyServiceError) {
        try checkRoom(for: min(count, KeyLimits.randomSizeBytes.upperBound))
    }

    fileprivate func names(of ciphertext: KeyCiphertext) -> [String: JSONValue] {
        ["keyId": .string(service.keyARN(of: ciphertext)), "version": .string(ciphertext.materialName)]
    }

    fileprivate func sealed(_ ciphertext: KeyCiphertext) -> [String: JSONValue] {
        names(of: ciphertext).merging(["ciphertext": .string(PaddedBase64.encode(ciphertext.bytes))]) { $1 }
    }
}

extension ControlMembers {
    fileprivate func ciphertext() throws(KeyServiceError) -> KeyCiphertext {
        try KeyCiphertext(try base64("ciphertext", countMax: 6_144))
    }
}
