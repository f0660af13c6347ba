internal import StrongroomKeys

/// The two ways in which every operation runs. Nothing reaches a key past them.
extension KeyService {
    /// A call that looks, seals or opens; it waits for no disk unless something is due.
    func answer<Value: ~Copyable>(
        _ call: KeyCall, _ body: (ServiceKeyring) throws(KeyServiceError) -> Value
    ) async throws(KeyServiceError) -> Value {
        try takeToken(for: call)
        let keyring = try await settled()
        try checkTokens(of: call, keyring.registry)
        return try body(keyring)
    }

    /// A call that changes the registry, on the thread for it. What it returns is durable.
    func change<Value: Sendable>(
        _ call: KeyCall,
        _ body: @escaping @Sendable (inout KeyRegistry, MaterialSealer) throws(KeyServiceError) -> Value
    ) async throws(KeyServiceError) -> Value {
        try takeToken(for: call)
        _ = try await settled()
        return try await changeRegistry { [self] (registry, sealer) throws(KeyServiceError) in
            try checkTokens(of: call, registry)
            return try body(&registry, sealer)
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
