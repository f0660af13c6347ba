internal import Logging
internal import StrongroomCrypto
internal import StrongroomSystem

extension Engine {
    func createAccessKey(of name: String) async throws(StoreError) -> NewAccessKey {
        let keys = try unlockedKeys()
        let id = UserIdentifier.accessKey.make(random)
        let secret = SharedSecret(try Self.newSecret(random))
        let sealed = try keys.sealedRows.sealSecret(
            secret.bytes, of: id, userRowKey: RowKey.user(name), random: random)
        let made = UserRow.Key(id: id, createdMilliseconds: 0, isActive: true, sealedSecret: sealed)
        let stamp: UserStamp = { row, timeMilliseconds in
            row.keys[row.keys.count - 1].createdMilliseconds = timeMilliseconds
        }
        let row = try await changeUser(name, stamping: stamp) { (row) throws(StoreError) in
            guard row.keys.count < User.accessKeyLimit else {
                throw StoreError(
                    .limitExceeded,
                    "The user has \(User.accessKeyLimit) access keys, which is the limit; delete one first.")
            }
            row.keys.append(made)
        }
        guard let key = row?.keys.last else { preconditionFailure("a user with one more key is another row") }
        return NewAccessKey(id: id, created: .init(storeMilliseconds: key.createdMilliseconds), secret: secret)
    }

    /// 40 characters that never stood outside of locked memory.
    private static func newSecret(_ random: SystemRandom) throws(StoreError) -> SecretBytes {
        do throws(SecretMemoryError) {
            return try SecretBase64.encode(try SecretBytes.random(count: SealedRows.secretRandomBytes, from: random))
        } catch {
            throw StoreError(error)
        }
    }

    func setAccessKey(_ id: String, of name: String, isActive: Bool) async throws(StoreError) -> ChangeReceipt {
        let row = try await changeUser(name) { (row) throws(StoreError) in
            row.keys[try row.position(of: id, name)].isActive = isActive
        }
        return ChangeReceipt(lsn: row?.lsn)
    }

    func deleteAccessKey(_ id: String, of name: String) async throws(StoreError) -> ChangeReceipt {
        let row = try await changeUser(name) { (row) throws(StoreError) in
            row.keys.remove(at: try row.position(of: id, name))
        }
        return ChangeReceipt(lsn: row?.lsn)
    }

    /// The row is read each time: what is kept in memory says only where to look, and a key that was deleted or
    /// deactivated is so at once.
    func accessKeySecret(
        _ id: String
    ) async throws(StoreError) -> (user: User, key: AccessKey, secret: SharedSecret)? {
        let keys = try unlockedKeys()
        try checkOpen()
        guard UserIdentifier.accessKey.isMade(id), let name = try await owner(of: id, keys),
            let value = try await userRowValue(name)
        else { return nil }
        let row = try keys.userRow(value, name)
        guard let index = row.keys.firstIndex(where: { $0.id == id }) else { return nil }
        let secret = try keys.sealedRows.openSecret(
            row.keys[index].sealedSecret, of: id, userRowKey: RowKey.user(name))
        guard let secret else {
            throw StoreError(.damaged, "The secret of the access key \(id) is not what was written; make another key.")
        }
        let user = User(row, named: name)
        return (user, user.accessKeys[index], SharedSecret(secret))
    }

    private func owner(of id: String, _ keys: StoreKeys) async throws(StoreError) -> String? {
        if let known = users.owner(of: id) { return known.name }
        return try await users.turns.run { () async throws(StoreError) in
            try await self.knownUsers(keys).owners[id]
        }
    }

    /// In turn: read from the rows where it is not known.
    func knownUsers(_ keys: StoreKeys) async throws(StoreError) -> UserChanges.Known {
        if let known = users.known { return known }
        var known = UserChanges.Known()
        try await forEachRow(in: RowKey.userTable) { [logger] (rowKey, value) throws(StoreError) in
            known.count += 1
            let name = Self.userName(rowKey)
            do throws(StoreError) {
                for key in try keys.userRow(value, name).keys { known.owners[key.id] = name }
            } catch  where error.code == .damaged {
                logger.warning(
                    "The access keys of a user whose row is damaged are no keys", metadata: ["user": "\(name)"])
            }
        }
        users.learn(known)
        return known
    }
}

extension UserRow {
    /// - Throws: `noSuchAccessKey`.
    fileprivate func position(of id: String, _ name: String) throws(StoreError) -> Int {
        guard let position = keys.firstIndex(where: { $0.id == id }) else {
            throw StoreError(
                .noSuchAccessKey, "The user \(name) has no access key \(id.prefix(40).debugDescription).")
        }
        return position
    }
}
