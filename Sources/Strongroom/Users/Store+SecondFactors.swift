extension Store {
    /// Gives a user a second factor: an authenticator that shows codes of six digits by the time. Nothing tells its
    /// secret again. A server takes its codes when it gives out temporary credentials.
    ///
    /// - Throws: ``StoreError/Code/noSuchUser``, ``StoreError/Code/limitExceeded`` where the user has one,
    ///   ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``, ``StoreError/Code/secretMemoryUnavailable``.
    public func enableSecondFactor(of user: String) async throws(StoreError) -> NewSecondFactor {
        try await engine.enableSecondFactor(of: user)
    }

    /// Takes a user's second factor away. Temporary credentials that were given out for its codes stay what they are
    /// until they end.
    ///
    /// - Throws: ``StoreError/Code/noSuchUser``, ``StoreError/Code/noSuchSecondFactor``, ``StoreError/Code/damaged``,
    ///   ``StoreError/Code/storeLocked``.
    @discardableResult
    public func disableSecondFactor(of user: String) async throws(StoreError) -> ChangeReceipt {
        try await engine.disableSecondFactor(of: user)
    }

    /// Uses a code of a user's second factor up.
    ///
    /// - Parameters:
    ///   - code: the six digits, as a number.
    ///   - nowMilliseconds: since 1970-01-01T00:00:00Z.
    ///   - nanoseconds: of a clock that never goes back.
    /// - Throws: `noSuchUser`, `damaged`, `storeLocked`, `secretMemoryUnavailable`.
    package func useSecondFactor(
        _ code: UInt32, of user: String, nowMilliseconds: Int64, nanoseconds: UInt64
    ) async throws(StoreError) -> SecondFactorUse {
        try await engine.useSecondFactor(
            code, of: user, nowMilliseconds: nowMilliseconds, nanoseconds: nanoseconds)
    }
}
