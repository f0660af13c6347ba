internal import Logging
internal import StrongroomStorage
internal import StrongroomSystem
internal import Synchronization

/// Who still reads the parts of which objects, and the removal of parts that nobody owns any more.
///
/// An object in parts may have ten thousand files, too many to open before a read begins. So a read pins the object's
/// uid, in memory, and what an overwritten or deleted object leaves behind goes when the last pin has gone: its uid
/// stands in table 0x0B from the commit on that dropped its row. What a crash leaves there goes after the next open.
final class PartKeeper: Sendable {
    private struct State {
        var pins: [[UInt8]: Int] = [:]
        var reaper: Task<Void, Never>?
        /// Something was left behind, or let go, since the reaper looked.
        var isDue = false
        var isStopped = false
        /// The reaper passed over an object that was being read.
        var isAwaitingReaders = false
    }

    private let state = Mutex(State())

    /// From now on the parts stay. Whoever pins looks afterwards whether the object's row is still there.
    func pin(_ uid: [UInt8]) { state.withLock { $0.pins[uid, default: 0] += 1 } }

    /// Returns whether the reaper waits for such as this.
    func unpin(_ uid: [UInt8]) -> Bool {
        state.withLock { state in
            guard let count = state.pins[uid] else { preconditionFailure("let go without having pinned") }
            state.pins[uid] = count > 1 ? count - 1 : nil
            guard state.isAwaitingReaders, state.pins[uid] == nil else { return false }
            state.isAwaitingReaders = false
            return true
        }
    }

    /// Whether the parts may be removed. If not, whoever lets go last is told that the reaper waits.
    func mayReap(_ uid: [UInt8]) -> Bool {
        state.withLock { state in
            guard state.pins[uid] != nil else { return true }
            state.isAwaitingReaders = true
            return false
        }
    }

    /// Whether the store is being closed: what is left goes after the next opening.
    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Has `reap` run soon, once for any number of calls.
    func schedule(_ reap: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.isDue = true
            guard state.reaper == nil else { return }
            state.reaper = Task { [self] in
                while takeTurn() { await reap() }
            }
        }
    }

    private func takeTurn() -> Bool {
        state.withLock { state in
            defer { state.isDue = false }
            if state.isDue, !state.isStopped { return true }
            state.reaper = nil
            return false
        }
    }

    /// Waits until nothing is being removed. With `forever` nothing more will be.
    func settle(forever: Bool = false) async {
        let reaper = state.withLock { state in
            state.isStopped = state.isStopped || forever
            return state.reaper
        }
        await reaper?.value
    }
}

/// Keeps the parts of an object as long as it lives.
final class PartPin: Sendable {
    private let uid: [UInt8]
    private let engine: Engine

    init(_ uid: [UInt8], of engine: Engine) {
        self.uid = uid
        self.engine = engine
        engine.parts.pin(uid)
    }

    deinit {
        if engine.parts.unpin(uid) { engine.scheduleReaping() }
    }
}

extension Engine {
    func scheduleReaping() {
        parts.schedule { [weak self] in await self?.reapParts() }
    }

    /// Removes the parts of every uid in table 0x0B that nobody reads. What fails stays for the next time.
    private func reapParts() async {
        do throws(StoreError) {
            for key in try await rowKeys(below: [RowKey.abandonedPartsTable], limit: .max) where !parts.isStopped {
                guard key.count == RowKey.prefixBytes + ObjectRow.uidBytes else {
                    logger.error("A note of parts to remove is damaged and ignored")
                    continue
                }
                let bucketUID = Array(key.dropFirst().prefix(ObjectRow.uidBytes))
                let uid = Array(key.suffix(ObjectRow.uidBytes))
                if parts.mayReap(uid) { try await reap(bucketUID, uid, mark: key) }
            }
        } catch {
            guard error.code != .closed else { return }
            logger.warning("Parts of deleted objects not removed", metadata: ["error": "\(error)"])
        }
    }

    /// The parts are somebody's after all.
    private struct Owned: Sendable {}

    /// A pin that comes now keeps nothing, and finds the object's row gone. Whoever gives the parts to an object takes
    /// the mark away in the same commit, perhaps since the marks were listed: so each commit looks at it again.
    private func reap(_ bucketUID: [UInt8], _ uid: [UInt8], mark: [UInt8]) async throws(StoreError) {
        while !parts.isStopped {
            let keys = try await rowKeys(below: RowKey.parts(bucketUID, of: uid), limit: Self.partsPerCommit)
            let gone = keys.isEmpty ? [mark] : keys
            // Listed as read, so that the storage frees their payloads.
            let outcome = try await commit(reads: [mark] + keys) { view -> Decision<Owned> in
                guard view.rows[0] != nil else { return .refuse(Owned()) }
                return .commit(gone.map { RowMutation(key: $0, change: .delete) })
            }
            if case .refused = outcome { return }
            if keys.isEmpty { return }
        }
    }

    private static let partsPerCommit = 256

    private func rowKeys(below prefix: [UInt8], limit: Int) async throws(StoreError) -> [[UInt8]] {
        try await readStorage { snapshot throws(StorageError) in
            var keys: [[UInt8]] = []
            try snapshot.scan(from: prefix, to: RowKey.successor(ofPrefix: prefix)) { key, _ in
                guard keys.count < limit else { return .stop }
                keys.append(key)
                return .next
            }
            return keys
        }
    }
}
