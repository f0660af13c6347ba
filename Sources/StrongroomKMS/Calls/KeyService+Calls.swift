internal import StrongroomKeys

/// The ways in which every operation runs: `answer` or `change`, and what may come before. Nothing reaches a key past
/// them. Each begins with the quota, so that what is throttled costs no disk and leaves no record.
extension KeyService {
    /// A call that looks, seals or opens. What it makes is released once its record is durable.
    func answer<Value: ~Copyable>(
        _ call: KeyCall, _ body: (ServiceKeyring) throws(KeyServiceError) -> Value
    ) async throws(KeyServiceError) -> Value {
        try takeToken(for: call)
        do throws(KeyServiceError) {
            let keyring = try await settled(for: call)
            try checkTokens(of: call, keyring.registry)
            let value = try body(keyring)
            try await trail.record(call)
            lastUses.note(call, requestID: call.requester.requestID, atMilliseconds: host.wallMilliseconds())
            return value
        } catch {
            throw await refused(call, error)
        }
    }

    /// A call that changes the registry, on the thread for it. Its record is durable before the change is written, so
    /// that there is no change without one; what it returns is durable, too.
    func change<Value: Sendable>(
        _ call: KeyCall,
        _ body: @escaping @Sendable (inout KeyRegistry, MaterialSealer) throws(KeyServiceError) -> Value
    ) async throws(KeyServiceError) -> Value {
        try takeToken(for: call)
        do throws(KeyServiceError) {
            _ = try await settled(for: call)
            let value = try await changeRegistry(tellsRelated: true) {
                [self] (registry, sealer) throws(KeyServiceError) in
                try checkTokens(of: call, registry)
                let value = try body(&registry, sealer)
                try trail.recordBlocking(call)
                return value
            }
            if !call.isInTurn { await synchronize() }
            return value
        } catch {
            throw await refused(call, error)
        }
    }

    /// A look before a call that changes something: it gives nothing out, so that only a refusal is recorded.
    func look<Value>(
        before call: KeyCall, _ body: (ServiceKeyring) throws(KeyServiceError) -> Value
    ) async throws(KeyServiceError) -> Value {
        try takeToken(for: call)
        do throws(KeyServiceError) {
            let keyring = try await settled(for: call)
            try checkTokens(of: call, keyring.registry)
            return try body(keyring)
        } catch {
            throw await refused(call, error)
        }
    }

    /// What can be said against a request before it is looked at: a call that it refuses is recorded as any other.
    func checked<Value>(
        _ call: KeyCall, _ body: () throws(KeyServiceError) -> Value
    ) async throws(KeyServiceError) -> Value {
        try takeToken(for: call)
        do throws(KeyServiceError) {
            return try body()
        } catch {
            throw await refused(call, error)
        }
    }

    /// Records that a call has failed. Where that cannot be, the caller hears of it; a service that is closed records
    /// nothing any more.
    private func refused(_ call: KeyCall, _ failure: KeyServiceError) async -> KeyServiceError {
        if failure.isOfAudit { return failure }
        do throws(KeyServiceError) {
            try await trail.record(call, failure: failure)
            return failure
        } catch {
            return (error.underlying as? KeyBackendError)?.code == .closed ? failure : error
        }
    }

    private func checkTokens(of call: KeyCall, _ registry: KeyRegistry) throws(KeyServiceError) {
        let tokens = call.requester.grantTokens
        guard !tokens.isEmpty else { return }
        guard tokens.count <= KeyLimits.grantTokensMax else {
            throw KeyServiceError(
                .validation, "A request has \(tokens.count) grant tokens; the limit is \(KeyLimits.grantTokensMax).")
        }
        guard tokens.allSatisfy({ token in GrantToken(token).map { registry.grant(with: $0) != nil } ?? false }) else {
            throw KeyServiceError(
                .invalidGrantToken, "A grant token is of no grant that is in force; leave it out, or create the grant.")
        }
    }
}
