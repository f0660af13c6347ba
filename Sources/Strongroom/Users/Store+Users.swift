package import StrongroomCrypto

extension Store {
    /// Makes a user: without policies, and with no access key yet.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 letters and digits of ASCII and of `+=,.@_-`.
    ///   - isAdministrator: whether the user may do everything, whatever policies say.
    /// - Throws: ``StoreError/Code/invalidUserName``, ``StoreError/Code/userAlreadyExists``,
    ///   ``StoreError/Code/limitExceeded`` where there are ``User/countLimit`` users,
    ///   ``StoreError/Code/storeLocked``.
    @discardableResult
    public func createUser(named name: String, isAdministrator: Bool = false) async throws(StoreError) -> User {
        try await engine.createUser(name, isAdministrator: isAdministrator)
    }

    /// The user of that name.
    ///
    /// - Throws: ``StoreError/Code/noSuchUser``, ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    public func user(named name: String) async throws(StoreError) -> User { try await engine.user(name) }

    /// All users, in byte order of their names. Those that are made meanwhile may be among them or not.
    ///
    /// - Throws: ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    public func listUsers() async throws(StoreError) -> [User] { try await engine.listUsers() }

    /// Deletes a user with its access keys and policies, even one whose row is damaged.
    ///
    /// - Throws: ``StoreError/Code/noSuchUser``, ``StoreError/Code/storeLocked``.
    @discardableResult
    public func deleteUser(named name: String) async throws(StoreError) -> ChangeReceipt {
        try await engine.deleteUser(name)
    }

    /// Says whether a user may do everything, whatever policies say.
    ///
    /// - Throws: ``StoreError/Code/noSuchUser``, ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    @discardableResult
    public func setAdministrator(
        _ isAdministrator: Bool, of user: String
    ) async throws(StoreError) -> ChangeReceipt {
        ChangeReceipt(lsn: try await engine.changeUser(user) { $0.isAdministrator = isAdministrator }?.lsn)
    }

    /// Gives a user a policy, in place of the one of that name where there is one; or takes it away.
    ///
    /// - Parameters:
    ///   - document: a document in the IAM policy language of at most 32 KiB, which names no principal: it is about the
    ///     user. Nil removes the policy, and is no error where there is none.
    ///   - policyName: 1 to 128 characters as names of users have.
    ///   - user: the user's name.
    /// - Throws: ``StoreError/Code/malformedPolicy`` with what is wrong and where, ``StoreError/Code/invalidUserName``
    ///   for the policy's name, ``StoreError/Code/noSuchUser``, ``StoreError/Code/limitExceeded`` where the user has
    ///   ``User/policyLimit`` others, ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    @discardableResult
    public func setUserPolicy(
        _ document: String?, named policyName: String, of user: String
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.setUserPolicy(document, named: policyName, of: user)
    }

    /// Makes an access key, which is active. Nothing tells its secret again.
    ///
    /// - Throws: ``StoreError/Code/noSuchUser``, ``StoreError/Code/limitExceeded`` where the user has
    ///   ``User/accessKeyLimit``, ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``,
    ///   ``StoreError/Code/secretMemoryUnavailable``.
    public func createAccessKey(of user: String) async throws(StoreError) -> NewAccessKey {
        try await engine.createAccessKey(of: user)
    }

    /// Says whether requests that are signed with an access key count.
    ///
    /// - Throws: ``StoreError/Code/noSuchUser``, ``StoreError/Code/noSuchAccessKey``, ``StoreError/Code/damaged``,
    ///   ``StoreError/Code/storeLocked``.
    @discardableResult
    public func setAccessKey(
        _ id: String, of user: String, isActive: Bool
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.setAccessKey(id, of: user, isActive: isActive)
    }

    /// Deletes an access key for good.
    ///
    /// - Throws: ``StoreError/Code/noSuchUser``, ``StoreError/Code/noSuchAccessKey``, ``StoreError/Code/damaged``,
    ///   ``StoreError/Code/storeLocked``.
    @discardableResult
    public func deleteAccessKey(_ id: String, of user: String) async throws(StoreError) -> ChangeReceipt {
        try await engine.deleteAccessKey(id, of: user)
    }

    /// What the signature of a request is checked with; nil where there is no such access key. One that is not active
    /// is told all the same: whoever asks refuses it.
    ///
    /// - Throws: `damaged`, `storeLocked`, `secretMemoryUnavailable`.
    package func accessKeySecret(
        _ id: String
    ) async throws(StoreError) -> (user: User, key: AccessKey, secret: SharedSecret)? {
        try await engine.accessKeySecret(id)
    }

    /// Grows by each change of any user or role. What was derived of them while it had another value may be out of
    /// date: read it before them.
    package var usersVersion: UInt64 { engine.users.version }
}
