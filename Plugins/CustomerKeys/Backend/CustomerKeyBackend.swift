internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys

/// Wraps and unwraps with the key that comes with the request. Keeps nothing, so there is nothing to close.
final class CustomerKeyBackend: KeyBackend {
    private let host: any KeyBackendHost

    init(_ host: any KeyBackendHost) { self.host = host }

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        if let keyID = request.keyID { try check(keyID) }
        let customerKey = try customerKey(request.context)
        let plaintext = try HostRandom(host: host).secret(count: GeneratedDataKey.sizeBytes)
        let wrapped = try wrap(plaintext, customerKey, request.encryptionContext)
        return GeneratedDataKey(plaintext: plaintext, wrapped: wrapped)
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        try open(wrapped, try customerKey(request.context), request.encryptionContext)
    }

    /// Under the same key with a new salt: a customer's key has one version.
    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        let customerKey = try customerKey(request.context)
        return try wrap(
            try open(wrapped, customerKey, request.encryptionContext), customerKey, request.encryptionContext)
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        if let keyID = request.keyID { try check(keyID) }
        // The contract wants a version, and a customer's key never has another; that of a wrapped key says more.
        return KeyDescription(keyID: CustomerKeys.keyID, currentVersion: "1", health: .ready)
    }

    /// There is one operation, `status`, which answers `backend` and `version`.
    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        let members = try ControlMembers(parsing: request.json)
        guard members.operation == "status" else {
            throw KeyBackendError(
                .unsupported, "The customer keys have no operation '\(members.operation)'; there is status.")
        }
        try members.allow(only: [])
        return JSONValue.object([
            "backend": .string("customer-keys"), "version": .string(CustomerKeys.version),
        ]).encoded()
    }

    func close() async throws(KeyBackendError) {}

    private func wrap(
        _ dataKey: borrowing SecretBytes, _ customerKey: SharedSecret, _ context: EncryptionContext
    ) throws(KeyBackendError) -> WrappedDataKey {
        let wrap = try CustomerKeyWrap(wrapping: dataKey, under: customerKey, context, HostRandom(host: host))
        return WrappedDataKey(keyID: CustomerKeys.keyID, keyVersion: wrap.fingerprint, bytes: wrap.bytes)
    }

    private func open(
        _ wrapped: WrappedDataKey, _ customerKey: SharedSecret, _ context: EncryptionContext
    ) throws(KeyBackendError) -> SecretBytes {
        try check(wrapped.keyID)
        guard let wrap = CustomerKeyWrap(wrapped.bytes), wrap.fingerprint == wrapped.keyVersion else {
            throw KeyBackendError(.invalidCiphertext, "The wrapped key is damaged, or of another backend.")
        }
        return try wrap.open(under: customerKey, context)
    }

    private func check(_ keyID: String) throws(KeyBackendError) {
        guard keyID == CustomerKeys.keyID else {
            throw KeyBackendError(
                .keyNotFound, "The customer keys have no key '\(keyID)'; there is '\(CustomerKeys.keyID)'.")
        }
    }

    private func customerKey(_ context: KeyRequestContext) throws(KeyBackendError) -> SharedSecret {
        guard let key = context.customerKey else {
            throw KeyBackendError(.invalidRequest, "The request brings no customer key; give it with each request.")
        }
        return key
    }
}
