#if RemoteKMS
internal import StrongroomCrypto
internal import StrongroomKeys

/// An answer about a wrapped key, with or without the data key itself.
struct KeyAnswer: ~Copyable {
    /// Bytes that a service's wrapped key may have.
    static let wrappedSizeBytesMax = 6144

    private let answer: SecretAnswer

    init(_ body: ServiceResponse.Body) throws(KeyBackendError) {
        switch body {
        case .plain(let bytes): answer = SecretAnswer(members: try ListAnswer(bytes).members)
        case .secret(let secret):
            answer = try secret.bytes.withBytes { (text) throws(KeyBackendError) in
                try SecretAnswer(text, secretName: "Plaintext")
            }
        }
    }

    /// The canonical name of a key.
    func arn(_ name: String) throws(KeyBackendError) -> String {
        guard case .string(let arn)? = answer.members[name], arn.hasPrefix("arn:"), arn.contains(":key/") else {
            throw KeyBackendError(.moduleFault, "was answered without '\(name)', the ARN of a key")
        }
        do throws(KeyBackendError) { try KeyReference.check(arn) } catch {
            throw KeyBackendError(.moduleFault, "was answered with a '\(name)' that is no ARN")
        }
        return arn
    }

    /// Fails with `incorrectKey` where another key did the work.
    func check(_ name: String, is wrapped: WrappedDataKey) throws(KeyBackendError) {
        let arn = try arn(name)
        guard arn.utf8.elementsEqual(wrapped.keyID.utf8) else {
            throw KeyBackendError(
                .incorrectKey,
                "The key service used the key '\(arn.prefix(300))', and the data key should be under "
                    + "'\(wrapped.keyID)'.")
        }
    }

    /// The id of the key material, where the service says it.
    func version(_ name: String) throws(KeyBackendError) -> String {
        try KeyMaterialID.read(name, in: answer.members) ?? RemoteBackend.unversioned
    }

    func wrappedKey() throws(KeyBackendError) -> [UInt8] {
        guard case .string(let text)? = answer.members["CiphertextBlob"],
            text.utf8.count <= (Self.wrappedSizeBytesMax + 2) / 3 * 4, let bytes = PaddedBase64.decode(text),
            (1...Self.wrappedSizeBytesMax).contains(bytes.count)
        else {
            throw KeyBackendError(.moduleFault, "was answered without a wrapped key of a size that is allowed")
        }
        return bytes
    }

    consuming func takeDataKey() throws(KeyBackendError) -> SecretBytes {
        guard let dataKey = answer.takeSecret() else {
            throw KeyBackendError(.moduleFault, "was answered without a data key")
        }
        guard dataKey.count == GeneratedDataKey.sizeBytes else {
            throw KeyBackendError(
                .moduleFault,
                "was answered with a data key of \(dataKey.count) bytes, not \(GeneratedDataKey.sizeBytes)")
        }
        return dataKey
    }
}
#endif
