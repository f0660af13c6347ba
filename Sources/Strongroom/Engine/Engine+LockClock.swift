internal import Logging
internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    /// Sets the lock clock going, after the buckets were loaded. A locked store has none: it deletes nothing.
    func loadLockClock() async throws(StoreError) {
        guard let keys else { return }
        let stored = try await readStorage { snapshot throws(StorageError) in try snapshot.row(RowKey.lockClock) }
        let saved: LockClock.Saved
        var savedMilliseconds: Int64?
        if let stored {
            savedMilliseconds = try keys.lockMilliseconds(stored.value)
            saved = savedMilliseconds.map { .at(milliseconds: $0) } ?? .lost
        } else {
            saved = mayHaveLocks ? .lost : .never
        }
        let gapMilliseconds = Int64(settings.lockClockGapDays) * DefaultRetention.dayMilliseconds
        lockClock.start(
            LockClock(opening: saved, at: lockClock.reading, gapMilliseconds: gapMilliseconds),
            savedMilliseconds: savedMilliseconds)
        guard lockClock.time.isConfirmed else {
            let reason = savedMilliseconds == nil ? "its row is missing or damaged" : "the wall clock is far past it"
            logger.warning(
                "Locks do not expire until the clock is confirmed (Store.confirmClock)",
                metadata: ["reason": "\(reason)", "gapDays": "\(settings.lockClockGapDays)"])
            return
        }
        await saveLockClockIfDue()
    }

    /// A bucket whose row cannot be read may be one with locks.
    private var mayHaveLocks: Bool {
        !buckets.damaged.isEmpty || buckets.all.contains { $0.bucket.row.objectLock != nil }
    }

    /// Says that the wall clock is right. Durable before it is believed.
    func confirmClock() async throws(StoreError) {
        try checkOpen()
        let reading = lockClock.reading
        let time = lockClock.time(confirmedAt: reading)
        try await save(time)
        lockClock.confirm(at: reading)
        logger.info("Clock confirmed", metadata: ["milliseconds": "\(time.milliseconds)"])
    }

    /// Saves the lock clock. One that is not confirmed stays as it was saved.
    func saveLockClock() async throws(StoreError) {
        let time = lockClock.time
        guard time.isConfirmed else { return }
        try await save(time)
    }

    /// Work is not refused because the clock cannot be saved: then locks last longer.
    func saveLockClockIfDue() async {
        guard lockClock.takeDue() else { return }
        await trySavingLockClock()
    }

    /// For the end of the store, whose own failure is what counts then.
    func trySavingLockClock() async {
        guard lockClock.isInUse else { return }
        do throws(StoreError) {
            try await saveLockClock()
        } catch {
            logger.warning("The lock clock could not be saved", metadata: ["error": "\(error)"])
        }
    }

    /// Reports a row that is missing or was altered: locks do not expire after the next opening then.
    func verifyLockClock(_ report: inout VerificationReport) async throws(StoreError) {
        guard let keys else { return }
        // First: the row is durable before a bucket has locks.
        let mayHaveLocks = mayHaveLocks
        let stored = try await readStorage { snapshot throws(StorageError) in try snapshot.row(RowKey.lockClock) }
        if let stored {
            guard try keys.lockMilliseconds(stored.value) == nil else { return }
            report.note("the lock clock", "its row is not what was written; \(Self.clockRemedy)")
        } else if mayHaveLocks {
            report.note("the lock clock", "its row is missing; \(Self.clockRemedy)")
        }
    }

    private static let clockRemedy = "look at the machine's clock and confirm it, else no lock expires"

    private func save(_ time: LockTime) async throws(StoreError) {
        guard case .refused(.failed(let error)) = try await commit([try lockClockWrite(time)]) else {
            return lockClock.noteSaved(time.milliseconds)
        }
        throw error
    }

    /// The part of a commit that saves the clock; nothing where what is saved is not older.
    func lockClockWrite(_ time: LockTime) throws(StoreError) -> RowWrite {
        let keys = try unlockedKeys()
        let rowKey = RowKey.lockClock
        let row = LockClockRow(milliseconds: time.milliseconds)
        let value = try keys.storeRows.authenticated(row.encodedWithoutMAC(), rowKey: rowKey)
        return RowWrite(reads: [rowKey]) { (view) throws(RowWrite.Refusal) in
            do throws(StoreError) {
                guard time.isConfirmed else { return [] }
                if let stored = view.rows[0], let saved = try keys.lockMilliseconds(stored.value),
                    saved >= time.milliseconds
                {
                    return []
                }
            } catch {
                throw .failed(error)
            }
            return [RowMutation(key: rowKey, change: .put(value: value, payload: .none))]
        }
    }
}

extension StoreKeys {
    /// What the clock's row says; nil where it is not what was written.
    fileprivate func lockMilliseconds(_ stored: [UInt8]) throws(StoreError) -> Int64? {
        guard try storeRows.isAuthentic(stored, rowKey: RowKey.lockClock) else { return nil }
        return (try? LockClockRow(decoding: stored))?.milliseconds
    }
}
