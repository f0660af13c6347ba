internal import StrongroomPolicy
internal import StrongroomStorage
internal import StrongroomSystem

/// Roles change in turn with users: a session depends on both.
extension Engine {
    func role(_ name: String) async throws(StoreError) -> Role {
        let keys = try unlockedKeys()
        guard let value = try await roleRowValue(name) else { throw Self.noSuchRole(name) }
        return Role(try keys.roleRow(value, name), named: name)
    }

    func listRoles() async throws(StoreError) -> [Role] {
        let keys = try unlockedKeys()
        try checkOpen()
        var roles: [Role] = []
        try await forEachRow(in: RowKey.roleTable) { (rowKey, value) throws(StoreError) in
            let name = Self.userName(rowKey)
            roles.append(Role(try keys.roleRow(value, name), named: name))
        }
        return roles
    }

    func createRole(
        _ name: String, trustPolicy: String, maximumSessionSeconds: Int
    ) async throws(StoreError) -> Role {
        try UserName.check(role: name)
        try Self.check(trustPolicy: trustPolicy)
        let keys = try unlockedKeys()
        let template = RoleRow(
            id: UserIdentifier.role.make(random), createdMilliseconds: 0, lsn: 0,
            sessionSecondsMax: try Self.checked(sessionSeconds: maximumSessionSeconds), trustPolicy: trustPolicy)
        return try await users.turns.run { () async throws(StoreError) in
            guard try await self.roleRowValue(name) == nil else {
                throw StoreError(.roleAlreadyExists, "A role of the name \(name) exists already.")
            }
            // Counted each time: roles are made seldom, and their rows are not opened for it.
            var count = 0
            try await self.forEachRow(in: RowKey.roleTable) { (_, _) throws(StoreError) in count += 1 }
            guard count < Role.countLimit else {
                throw StoreError(
                    .limitExceeded, "The store has \(Role.countLimit) roles, which is the limit; delete others first.")
            }
            let row = try await self.writeSealed(template, RowKey.role(name), over: nil, keys) { row, milliseconds in
                row.createdMilliseconds = milliseconds
            }
            self.users.noteRole()
            return Role(row, named: name)
        }
    }

    /// A row that is damaged must go as well.
    func deleteRole(_ name: String) async throws(StoreError) -> ChangeReceipt {
        _ = try unlockedKeys()
        let rowKey = RowKey.role(name)
        return try await users.turns.run { () async throws(StoreError) in
            guard try await self.roleRowValue(name) != nil else { throw Self.noSuchRole(name) }
            let write = RowWrite(reads: [rowKey], frees: true) { _ in [RowMutation(key: rowKey, change: .delete)] }
            let receipt = try await self.commitIdentity(write)
            self.users.noteRole()
            return ChangeReceipt(lsn: receipt.lsn)
        }
    }

    func setTrustPolicy(_ document: String, of name: String) async throws(StoreError) -> ChangeReceipt {
        try Self.check(trustPolicy: document)
        return try await changeRole(name) { $0.trustPolicy = document }
    }

    func setMaximumSessionSeconds(_ seconds: Int, of name: String) async throws(StoreError) -> ChangeReceipt {
        let seconds = try Self.checked(sessionSeconds: seconds)
        return try await changeRole(name) { $0.sessionSecondsMax = seconds }
    }

    func setRolePolicy(
        _ document: String?, named policyName: String, of name: String
    ) async throws(StoreError) -> ChangeReceipt {
        try UserName.check(policy: policyName)
        if let document { try Self.check(policy: document) }
        return try await changeRole(name) { (row) throws(StoreError) in
            row.policies[policyName] = document
            guard row.policies.count <= Role.policyLimit else {
                throw StoreError(
                    .limitExceeded,
                    "The role has \(Role.policyLimit) policies, which is the limit; remove one, or merge them.")
            }
        }
    }

    private func changeRole(
        _ name: String, _ body: (inout RoleRow) throws(StoreError) -> Void
    ) async throws(StoreError) -> ChangeReceipt {
        let keys = try unlockedKeys()
        return try await users.turns.run { () async throws(StoreError) in
            guard let value = try await self.roleRowValue(name) else { throw Self.noSuchRole(name) }
            let known = try keys.roleRow(value, name)
            var changed = known
            try body(&changed)
            guard changed != known else { return ChangeReceipt(lsn: nil) }
            let row = try await self.writeSealed(changed, RowKey.role(name), over: value, keys)
            self.users.noteRole()
            return ChangeReceipt(lsn: row.lsn)
        }
    }

    // MARK: Rows

    /// Nil where there is none; names that no role has are not looked for.
    func roleRowValue(_ name: String) async throws(StoreError) -> [UInt8]? {
        try checkOpen()
        guard UserName.isRoleName(name) else { return nil }
        let rowKey = RowKey.role(name)
        return try await readStorage { snapshot throws(StorageError) in try snapshot.row(rowKey) }?.value
    }

    /// Opens every role's row.
    func verifyRoles(_ report: inout VerificationReport) async throws(StoreError) {
        guard let keys else { return }
        try await forEachRow(in: RowKey.roleTable) { (rowKey, value) throws(StoreError) in
            let name = Self.userName(rowKey)
            do throws(StoreError) {
                _ = try keys.roleRow(value, name)
            } catch  where error.code == .damaged {
                report.note("role \(name.debugDescription)", error.message)
            }
        }
    }

    private static func noSuchRole(_ name: String) -> StoreError {
        StoreError(.noSuchRole, "There is no role of the name \(name.prefix(80).debugDescription); create it first.")
    }

    /// - Throws: `malformedPolicy`.
    private static func check(trustPolicy document: String) throws(StoreError) {
        try check(policy: document, .trust, limitBytes: Role.trustPolicyLimitBytes)
    }

    /// - Throws: `invalidArgument`.
    private static func checked(sessionSeconds: Int) throws(StoreError) -> UInt32 {
        let limits = Role.sessionSecondsLimits
        guard limits.contains(sessionSeconds) else {
            throw StoreError(
                .invalidArgument,
                "Sessions of a role may be allowed to last \(limits.lowerBound) to \(limits.upperBound) seconds, and not "
                    + "\(sessionSeconds).")
        }
        return UInt32(sessionSeconds)
    }
}

extension StoreKeys {
    /// - Throws: `damaged` where the row is not what was written.
    func roleRow(_ value: [UInt8], _ name: String) throws(StoreError) -> RoleRow {
        guard let content = try sealedRows.open(value, rowKey: RowKey.role(name)),
            let row = try? RoleRow(decoding: content)
        else {
            throw StoreError(
                .damaged,
                "The row of the role \(name.prefix(80).debugDescription) is not what was written. Restore a backup, or "
                    + "delete the role and make it anew.")
        }
        return row
    }
}
