internal import Logging
internal import StrongroomCrypto
internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    func user(_ name: String) async throws(StoreError) -> User {
        let keys = try unlockedKeys()
        guard let value = try await userRowValue(name) else { throw Self.noSuchUser(name) }
        return User(try keys.userRow(value, name), named: name)
    }

    func listUsers() async throws(StoreError) -> [User] {
        let keys = try unlockedKeys()
        try checkOpen()
        var users: [User] = []
        try await forEachRow(in: RowKey.userTable) { (rowKey, value) throws(StoreError) in
            let name = Self.userName(rowKey)
            users.append(User(try keys.userRow(value, name), named: name))
        }
        return users
    }

    func createUser(_ name: String, isAdministrator: Bool) async throws(StoreError) -> User {
        try UserName.check(user: name)
        let keys = try unlockedKeys()
        let template = UserRow(
            id: UserIdentifier.user.make(random), createdMilliseconds: 0, lsn: 0, isAdministrator: isAdministrator)
        return try await users.turns.run { () async throws(StoreError) in
            guard try await self.userRowValue(name) == nil else {
                throw StoreError(.userAlreadyExists, "A user of the name \(name) exists already.")
            }
            guard try await self.knownUsers(keys).count < User.countLimit else {
                throw StoreError(
                    .limitExceeded, "The store has \(User.countLimit) users, which is the limit; delete others first.")
            }
            let row = try await self.writeSealed(template, RowKey.user(name), over: nil, keys) { row, milliseconds in
                row.createdMilliseconds = milliseconds
            }
            self.users.note(name, row, was: nil)
            return User(row, named: name)
        }
    }

    /// With all that the user has. A row that is damaged must go as well.
    func deleteUser(_ name: String) async throws(StoreError) -> ChangeReceipt {
        let keys = try unlockedKeys()
        let rowKey = RowKey.user(name)
        return try await users.turns.run { () async throws(StoreError) in
            guard let value = try await self.userRowValue(name) else { throw Self.noSuchUser(name) }
            let old = try? keys.userRow(value, name)
            let write = RowWrite(reads: [rowKey], frees: true) { _ in [RowMutation(key: rowKey, change: .delete)] }
            let receipt = try await self.commitIdentity(write)
            self.users.note(name, nil, was: old.map { .row($0) } ?? .unread)
            return ChangeReceipt(lsn: receipt.lsn)
        }
    }

    /// Completes a row once it is known when it is committed.
    typealias UserStamp = @Sendable (_ row: inout UserRow, _ timeMilliseconds: Int64) -> Void

    /// - Returns: the row as it is now; nil where it was so already.
    func changeUser(
        _ name: String, stamping stamp: @escaping UserStamp = { _, _ in },
        _ body: (inout UserRow) throws(StoreError) -> Void
    ) async throws(StoreError) -> UserRow? {
        let keys = try unlockedKeys()
        return try await users.turns.run { () async throws(StoreError) in
            guard let value = try await self.userRowValue(name) else { throw Self.noSuchUser(name) }
            let known = try keys.userRow(value, name)
            var changed = known
            try body(&changed)
            guard changed != known else { return nil }
            let row = try await self.writeSealed(changed, RowKey.user(name), over: value, keys, stamping: stamp)
            self.users.note(name, row, was: .row(known))
            return row
        }
    }

    // MARK: Rows

    /// Nil where there is none; names that no user has are not looked for.
    func userRowValue(_ name: String) async throws(StoreError) -> [UInt8]? {
        try checkOpen()
        guard UserName.isUserName(name) else { return nil }
        let rowKey = RowKey.user(name)
        return try await readStorage { snapshot throws(StorageError) in try snapshot.row(rowKey) }?.value
    }

    static func userName(_ rowKey: [UInt8]) -> String { String(decoding: rowKey.dropFirst(), as: UTF8.self) }

    static func noSuchUser(_ name: String) -> StoreError {
        StoreError(.noSuchUser, "There is no user of the name \(name.prefix(80).debugDescription); create it first.")
    }
}

extension StoreKeys {
    /// - Throws: `damaged` where the row is not what was written.
    func userRow(_ value: [UInt8], _ name: String) throws(StoreError) -> UserRow {
        guard let content = try sealedRows.open(value, rowKey: RowKey.user(name)),
            let row = try? UserRow(decoding: content)
        else {
            throw StoreError(
                .damaged,
                "The row of the user \(name.prefix(80).debugDescription) is not what was written. Restore a backup, or "
                    + "delete the user and make it anew.")
        }
        return row
    }
}
