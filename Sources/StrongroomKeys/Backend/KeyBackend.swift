public import StrongroomCrypto

/// What guards data keys: a local keyring, a key management service, a hardware module.
///
/// An object's bytes are sealed under a *data key*. The backend makes data keys, wraps them under keys
/// that it never gives out, and opens them again. Strongroom reaches every backend, its own ones too,
/// through the C contract in `strongroom_key_backend.h`; this protocol is that contract in Swift, on
/// both sides: a backend's author conforms to it and exports it with
/// ``exportKeyBackend(name:version:capabilities:open:)``, the host calls it on a ``KeyBackendInstance``.
///
/// Calls come from many tasks at once. A backend answers before `request.context.deadlineNanoseconds`,
/// looks at `request.context.cancellation` before expensive steps, and never blocks a thread of Swift's
/// cooperative pool.
public protocol KeyBackend: Sendable {
    /// Makes a new random data key and wraps it under the current version of the key asked for.
    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey

    /// Opens a wrapped data key. Must fail with ``KeyBackendError/Code/incorrectKey`` when
    /// `wrapped.keyID` is not the key that wrapped it.
    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes

    /// Wraps the same data key under the current version of the *same* key. Repeating it is harmless.
    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey

    /// Which key and version are current, and whether they work.
    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription

    /// Administration: a JSON object in, a JSON object out; what may be asked is the backend's own
    /// documentation. Every backend answers `{"operation":"status"}`. Never a secret in either.
    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8]

    /// The same where a secret may go with the request or the answer, beside the JSON and never in it. Backends without
    /// such operations need not say so.
    func controlWithSecrets(_ request: ControlRequest) async throws(KeyBackendError) -> ControlAnswer

    /// Ends the backend: drops keys, threads and connections. Nothing is called afterwards.
    func close() async throws(KeyBackendError)
}

extension KeyBackend {
    /// Refuses a secret that comes, and gives none out.
    public func controlWithSecrets(_ request: ControlRequest) async throws(KeyBackendError) -> ControlAnswer {
        guard request.secret == nil else {
            throw KeyBackendError(.unsupported, "The key backend has no operation with a secret; leave the secret out.")
        }
        return ControlAnswer(json: try await control(request))
    }
}
