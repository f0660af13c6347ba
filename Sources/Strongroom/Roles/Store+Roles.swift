extension Store {
    /// Makes a role, without policies: whoever assumes it may do nothing yet.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 letters and digits of ASCII and of `+=,.@_-`.
    ///   - trustPolicy: who may assume it: a document in the IAM policy language of at most
    ///     ``Role/trustPolicyLimitBytes``, whose statements name principals (users, roles, their sessions, or the
    ///     account) and actions of STS, and no resource.
    ///   - maximumSessionSeconds: how long sessions last at most, within ``Role/sessionSecondsLimits``.
    /// - Throws: ``StoreError/Code/invalidUserName``, ``StoreError/Code/malformedPolicy`` with what is wrong and where,
    ///   ``StoreError/Code/invalidArgument`` for the duration, ``StoreError/Code/roleAlreadyExists``,
    ///   ``StoreError/Code/limitExceeded`` where there are ``Role/countLimit`` roles, ``StoreError/Code/storeLocked``.
    @discardableResult
    public func createRole(
        named name: String, trustPolicy: String, maximumSessionSeconds: Int = 3_600
    ) async throws(StoreError) -> Role {
        try await engine.createRole(name, trustPolicy: trustPolicy, maximumSessionSeconds: maximumSessionSeconds)
    }

    /// The role of that name.
    ///
    /// - Throws: ``StoreError/Code/noSuchRole``, ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    public func role(named name: String) async throws(StoreError) -> Role { try await engine.role(name) }

    /// All roles, in byte order of their names. Those that are made meanwhile may be among them or not.
    ///
    /// - Throws: ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    public func listRoles() async throws(StoreError) -> [Role] { try await engine.listRoles() }

    /// Deletes a role with its policies, even one whose row is damaged. Its sessions end at once, also where another
    /// role has the name then.
    ///
    /// - Throws: ``StoreError/Code/noSuchRole``, ``StoreError/Code/storeLocked``.
    @discardableResult
    public func deleteRole(named name: String) async throws(StoreError) -> ChangeReceipt {
        try await engine.deleteRole(name)
    }

    /// Says anew who may assume a role. Sessions that there are go on: ``deleteRole(named:)`` ends them.
    ///
    /// - Throws: ``StoreError/Code/malformedPolicy`` with what is wrong and where, ``StoreError/Code/noSuchRole``,
    ///   ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    @discardableResult
    public func setTrustPolicy(_ document: String, of role: String) async throws(StoreError) -> ChangeReceipt {
        try await engine.setTrustPolicy(document, of: role)
    }

    /// Says anew how long sessions of a role last at most. Those that there are end when they would have.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument`` for what is not within ``Role/sessionSecondsLimits``,
    ///   ``StoreError/Code/noSuchRole``, ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    @discardableResult
    public func setMaximumSessionSeconds(_ seconds: Int, of role: String) async throws(StoreError) -> ChangeReceipt {
        try await engine.setMaximumSessionSeconds(seconds, of: role)
    }

    /// Gives a role a policy, in place of the one of that name where there is one; or takes it away. For sessions that
    /// there are it counts from the next request on.
    ///
    /// - Parameters:
    ///   - document: a document in the IAM policy language of at most 32 KiB, which names no principal: it is about the
    ///     role. Nil removes the policy, and is no error where there is none.
    ///   - policyName: 1 to 128 characters as names of roles have.
    ///   - role: the role's name.
    /// - Throws: ``StoreError/Code/malformedPolicy`` with what is wrong and where, ``StoreError/Code/invalidUserName``
    ///   for the policy's name, ``StoreError/Code/noSuchRole``, ``StoreError/Code/limitExceeded`` where the role has
    ///   ``Role/policyLimit`` others, ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    @discardableResult
    public func setRolePolicy(
        _ document: String?, named policyName: String, of role: String
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.setRolePolicy(document, named: policyName, of: role)
    }
}
