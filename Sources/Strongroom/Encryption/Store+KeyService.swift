package import StrongroomKeys

extension Store {
    /// Passes an administrator's request on to the key service that the store was opened with.
    ///
    /// What may be asked is the service's own documentation; every one answers `{"operation":"status"}`. There is never
    /// a secret in either direction. One instance of a service has its keys at a time: ask it here rather than by
    /// opening a second one.
    ///
    /// - Parameter json: a JSON object in UTF-8.
    /// - Returns: the answer, a JSON object in UTF-8.
    /// - Throws: ``StoreError/Code/keyServiceMissing``; ``StoreError/Code/invalidRequest`` and
    ///   ``StoreError/Code/keyNotFound`` as the service says; ``StoreError/Code/keyBackendFailed``.
    public func controlKeyService(_ json: [UInt8]) async throws(StoreError) -> [UInt8] {
        try await controlKeyService(ControlRequest(json: json)).json
    }

    /// The same for a server that has secrets to pass, or to pass on; of the request's context grant tokens and the
    /// request's id count.
    package func controlKeyService(_ request: ControlRequest) async throws(StoreError) -> ControlAnswer {
        try engine.checkOpen()
        let service = try engine.unlockedKeys().keyService()
        let backend = try await service.backend()
        var request = request
        request.context.caller = requester.caller
        request.context.deadlineNanoseconds = service.deadlineNanoseconds
        do throws(KeyBackendError) {
            return try await backend.backend.controlWithSecrets(request)
        } catch {
            throw StoreError(error)
        }
    }

    /// Whether the key service decides by the policies of whoever asks.
    package func keyServiceHeedsPolicies() async throws(StoreError) -> Bool {
        try await engine.unlockedKeys().keyService().backend().heedsPolicies
    }

    /// The id that the key service itself has for a key.
    ///
    /// - Parameter name: an id, an alias or an ARN; nil for the service's default key.
    /// - Throws: ``StoreError/Code/keyServiceMissing``, ``StoreError/Code/keyNotFound``,
    ///   ``StoreError/Code/keyBackendFailed``.
    package func keyServiceKeyID(_ name: String?) async throws(StoreError) -> String {
        let service = try engine.unlockedKeys().keyService()
        let backend = try await service.backend()
        let context = KeyRequestContext(
            caller: requester.caller(asking: backend, for: .kms), deadlineNanoseconds: service.deadlineNanoseconds)
        do throws(KeyBackendError) {
            return try await backend.backend.describe(DescribeRequest(keyID: name, context: context)).keyID
        } catch {
            throw StoreError(error)
        }
    }
}
