internal import StrongroomCrypto
internal import StrongroomSystem
internal import Synchronization

extension Engine {
    func enableSecondFactor(of name: String) async throws(StoreError) -> NewSecondFactor {
        let keys = try unlockedKeys()
        let secret = try SealedRows.newFactorSecret(random)
        let stamp: UserStamp = { $0.secondFactor?.createdMilliseconds = $1 }
        let row = try await changeUser(name, stamping: stamp) { (row) throws(StoreError) in
            guard row.secondFactor == nil else {
                throw StoreError(.limitExceeded, "The user has a second factor, and may have one; disable it first.")
            }
            let sealed = try keys.sealedRows.sealFactor(
                secret, of: row.id, userRowKey: RowKey.user(name), random: random)
            row.secondFactor = UserRow.SecondFactor(createdMilliseconds: 0, lastStep: 0, sealedSecret: sealed)
        }
        guard let factor = row?.secondFactor else { preconditionFailure("a user with a factor is another row") }
        do throws(SecretMemoryError) {
            return NewSecondFactor(
                created: .init(storeMilliseconds: factor.createdMilliseconds),
                secret: SharedSecret(try SecretBase32.encode(secret)))
        } catch {
            throw StoreError(secretMemory: error)
        }
    }

    func disableSecondFactor(of name: String) async throws(StoreError) -> ChangeReceipt {
        let row = try await changeUser(name) { (row) throws(StoreError) in
            guard row.secondFactor != nil else {
                throw StoreError(.noSuchSecondFactor, "The user \(name) has no second factor.")
            }
            row.secondFactor = nil
        }
        return ChangeReceipt(lsn: row?.lsn)
    }

    /// In turn, so that no two requests use one code.
    func useSecondFactor(
        _ code: UInt32, of name: String, nowMilliseconds: Int64, nanoseconds: UInt64
    ) async throws(StoreError) -> SecondFactorUse {
        let keys = try unlockedKeys()
        var use = SecondFactorUse.refused
        _ = try await changeUser(name) { (row) throws(StoreError) in
            guard var factor = row.secondFactor else { return }
            let id = row.id
            let pause = users.attempts.withLock { $0.pauseSeconds(of: id, at: nanoseconds) }
            guard pause == 0 else {
                use = .paused(seconds: pause)
                return
            }
            let step = try keys.step(of: code, factor, id, RowKey.user(name), nowMilliseconds: nowMilliseconds)
            guard let step else {
                users.attempts.withLock { $0.noteWrong(id, at: nanoseconds) }
                return
            }
            users.attempts.withLock { $0.noteRight(id) }
            factor.lastStep = step
            row.secondFactor = factor
            use = .accepted
        }
        return use
    }
}

extension StoreKeys {
    /// The step that a code is of, one before or after the present one at most; nil where it is wrong or used up.
    fileprivate func step(
        of code: UInt32, _ factor: UserRow.SecondFactor, _ userID: String, _ userRowKey: [UInt8],
        nowMilliseconds: Int64
    ) throws(StoreError) -> UInt64? {
        guard let secret = try sealedRows.openFactor(factor.sealedSecret, of: userID, userRowKey: userRowKey) else {
            throw StoreError(
                .damaged, "The secret of the user's second factor is not what was written; disable it, and enable it.")
        }
        do throws(SecretMemoryError) {
            let codes = try OneTimeCode(secret: secret)
            let now = OneTimeCode.step(atMilliseconds: nowMilliseconds)
            var found: UInt64?
            // All of them, so that no time tells which one is right.
            for step in (now > 0 ? now - 1 : 0)...now + 1 {
                let isRight = try codes.code(at: step) ^ code == 0
                if isRight, step > factor.lastStep { found = found ?? step }
            }
            return found
        } catch {
            throw StoreError(secretMemory: error)
        }
    }
}
