internal import Logging
internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    /// Behind every commit that readers see.
    func position() async throws(StoreError) -> Position {
        let lsn = try await readStorage { snapshot throws(StorageError) in snapshot.lsn }
        return Position(storeID: storeID, timeline: timeline, lsn: lsn)
    }

    /// - Throws: `invalidArgument` where nothing of this store can be behind the position.
    func check(_ position: Position) async throws(StoreError) {
        guard position.storeID == storeID, position.timeline == timeline else {
            throw StoreError(
                .invalidArgument, "The position \(position) belongs to another store, or to a time before a restore.")
        }
        let present = try await self.position()
        guard position.lsn <= present.lsn else {
            throw StoreError(
                .invalidArgument, "The position \(position) is past the last commit, \(present.lsn), of this store.")
        }
    }

    // MARK: Named consumers

    func consumer(_ name: String, startingAfter position: Position?) async throws(StoreError) -> ChangeConsumer {
        guard (1...ChangeConsumer.nameLimitBytes).contains(name.utf8.count) else {
            throw StoreError(
                .invalidArgument,
                "A consumer's name has 1 to \(ChangeConsumer.nameLimitBytes) bytes, not \(name.utf8.count).")
        }
        let keys = try unlockedKeys()
        if let position { try await check(position) }
        let start: Position
        if let position { start = position } else { start = try await self.position() }
        let write = write(keys, name) { [timeline] (known) throws(StoreError) in
            guard let known else { return start }
            return known.timeline == timeline ? nil : position
        }
        let outcome = try await consumerTurns.run { () async throws(StoreError) in
            // Before the commit: what it is to see must not be recycled in between.
            self.storage.embedded?.holds.extend(.named(name), toAfter: start.lsnBefore)
            let outcome: CommitOutcome<RowWrite.Refusal>
            do throws(StoreError) {
                outcome = try await self.commit([write])
            } catch {
                try await self.settleHold(of: name)
                throw error
            }
            try await self.settleHold(of: name)
            return outcome
        }
        if case .refused(.failed(let error)) = outcome { throw error }
        return ChangeConsumer(name: name, engine: self)
    }

    /// Puts a consumer where `next` says behind where its row has it: nil leaves it there.
    private func write(
        _ keys: StoreKeys, _ name: String,
        next: @escaping @Sendable (_ known: Position?) throws(StoreError) -> Position?
    ) -> RowWrite {
        let rowKey = RowKey.consumer(name)
        return RowWrite(reads: [rowKey]) { (view) throws(RowWrite.Refusal) in
            let wanted: Position?
            do throws(StoreError) {
                let known = try view.rows[0].map { (row) throws(StoreError) in
                    self.position(try keys.consumerRow(row.value, name))
                }
                wanted = try next(known)
            } catch {
                throw .failed(error)
            }
            guard let wanted else { return [] }
            let value = try keys.storeRows.refusingFault(
                wanted.row(at: view.timeMilliseconds).encodedWithoutMAC(), rowKey: rowKey)
            return [RowMutation(key: rowKey, change: .put(value: value, payload: .none))]
        }
    }

    /// Holds what the consumer's row says, and nothing where there is none that can be trusted, or one of another
    /// timeline. In turn: what was read is still so when it is held.
    private func settleHold(of name: String) async throws(StoreError) {
        do throws(StoreError) {
            let position = try await acknowledgedPosition(of: name)
            if position.timeline == timeline { storage.hold(name, position) } else { storage.release(name) }
        } catch {
            guard error.code == .notFound || error.code == .damaged else { throw error }
            storage.release(name)
        }
    }

    func acknowledgedPosition(of name: String) async throws(StoreError) -> Position {
        let keys = try unlockedKeys()
        let rowKey = RowKey.consumer(name)
        let stored = try await readStorage { snapshot throws(StorageError) in try snapshot.row(rowKey) }
        guard let stored else { throw Self.noSuchConsumer(name) }
        return position(try keys.consumerRow(stored.value, name))
    }

    func acknowledge(_ position: Position, for name: String) async throws(StoreError) {
        let keys = try unlockedKeys()
        try await check(position)
        let write = write(keys, name) { [timeline] (known) throws(StoreError) in
            guard let known else { throw Self.noSuchConsumer(name) }
            return known.timeline != timeline || known.precedes(position) ? position : nil
        }
        switch try await commit([write]) {
        case .committed:
            try await consumerTurns.run { () async throws(StoreError) in try await self.settleHold(of: name) }
        case .refused(.failed(let error)): throw error
        case .refused: break
        }
    }

    func removeConsumer(_ name: String) async throws(StoreError) {
        _ = try unlockedKeys()
        let rowKey = RowKey.consumer(name)
        let write = RowWrite(reads: [rowKey], frees: true) { view in
            view.rows[0] == nil ? [] : [RowMutation(key: rowKey, change: .delete)]
        }
        _ = try await commit([write])
        // By its row, for somebody may have made it anew meanwhile.
        try await consumerTurns.run { () async throws(StoreError) in try await self.settleHold(of: name) }
    }

    func listConsumers() async throws(StoreError) -> [ConsumerInfo] {
        let keys = try unlockedKeys()
        let (rows, lsn) = try await consumerRows()
        var consumers: [ConsumerInfo] = []
        for (name, value) in rows {
            let row = try keys.consumerRow(value, name)
            let position = position(row)
            consumers.append(
                ConsumerInfo(
                    name: name, position: position,
                    acknowledged: .init(storeMilliseconds: row.acknowledgedMilliseconds),
                    lagCommits: lsn - min(lsn, row.lsn), isOutdated: position.timeline != timeline))
        }
        return consumers
    }

    /// At opening: from here on the journal keeps what these have not read, and no more.
    func loadConsumers() async throws(StoreError) {
        // Without keys it is not known who they are; nothing is recycled then.
        guard let keys else { return }
        for (name, value) in try await consumerRows().rows {
            do throws(StoreError) {
                let position = position(try keys.consumerRow(value, name))
                guard position.timeline == timeline else {
                    // No warning: it would come with each opening, and `listConsumers` tells it to whoever asks.
                    logger.notice(
                        "Nothing is kept for a consumer of a time before a restore; it has to begin anew",
                        metadata: ["consumer": "\(name)"])
                    continue
                }
                storage.hold(name, position)
            } catch  where error.code == .damaged {
                logger.warning("Nothing is kept for a consumer whose row is damaged", metadata: ["consumer": "\(name)"])
            }
        }
        storage.beginHolds()
    }

    /// Names of consumers whose rows are not what was written.
    func damagedConsumers(_ keys: StoreKeys) async throws(StoreError) -> [String] {
        var names: [String] = []
        for (name, value) in try await consumerRows().rows {
            do throws(StoreError) {
                _ = try keys.consumerRow(value, name)
            } catch  where error.code == .damaged {
                names.append(name)
            }
        }
        return names
    }

    private func consumerRows() async throws(StoreError) -> (rows: [(name: String, value: [UInt8])], lsn: UInt64) {
        try await readStorage { snapshot throws(StorageError) in
            var rows: [(String, [UInt8])] = []
            try snapshot.scan(from: [RowKey.consumerTable], to: [RowKey.consumerTable + 1]) { key, row in
                rows.append((String(decoding: key.dropFirst(), as: UTF8.self), row.value))
                return .next
            }
            return (rows, snapshot.lsn)
        }
    }

    private func position(_ row: ConsumerRow) -> Position {
        Position(storeID: storeID, timeline: row.timeline, lsn: row.lsn, index: row.index)
    }

    private static func noSuchConsumer(_ name: String) -> StoreError {
        StoreError(.notFound, "There is no consumer \(name.prefix(128).debugDescription); make it first.")
    }
}

extension Position {
    fileprivate func row(at timeMilliseconds: Int64) -> ConsumerRow {
        ConsumerRow(timeline: timeline, lsn: lsn, index: index, acknowledgedMilliseconds: timeMilliseconds)
    }
}

extension StoreKeys {
    /// - Throws: `damaged` where the row is not what was written.
    fileprivate func consumerRow(_ value: [UInt8], _ name: String) throws(StoreError) -> ConsumerRow {
        let isAuthentic = try storeRows.isAuthentic(value, rowKey: RowKey.consumer(name))
        guard isAuthentic, let row = try? ConsumerRow(decoding: value) else {
            throw StoreError(
                .damaged,
                "The row of the consumer \(name.debugDescription) is not what was written. Remove the consumer and make "
                    + "it anew, after listing what it follows.")
        }
        return row
    }
}

extension OpenedStorage {
    /// Keeps what is behind `position`. In memory nothing needs to be kept.
    func hold(_ name: String, _ position: Position) { embedded?.holds.set(.named(name), lsn: position.lsnBefore) }

    func release(_ name: String) { embedded?.holds.remove(.named(name)) }

    func beginHolds() { embedded?.holds.begin() }
}
