internal import StrongroomCrypto
internal import StrongroomStorage
internal import StrongroomSystem

/// The changes of a store, in the order of their commits, each once: those that were made, then those that are being
/// made. It ends where it was told to, and when the store is closed.
///
/// Only what would survive power loss is told. Each loop over the feed begins at the position that it was made for.
public struct ChangeFeed: AsyncSequence, Sendable {
    let engine: Engine
    let start: Position
    /// Nil to wait for what is to come.
    let end: Position?

    /// Reads the feed. Keeps the store open while it lives.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let engine: Engine
        private let follower: any CommitFollower
        private let start: Position
        private let end: Position?
        private var waiting: ArraySlice<Change> = []

        init(_ engine: Engine, _ start: Position, _ end: Position?) {
            self.engine = engine
            self.start = start
            self.end = end
            follower = engine.metadata.follow(after: start.lsnBefore, through: end?.lsn)
        }

        /// The next change; waits for one. Nil at the end of the feed, and when the store is closed.
        ///
        /// - Throws: ``StoreError/Code/positionExpired`` where what comes next is not kept any more,
        ///   ``StoreError/Code/cancelled``, ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
        public mutating func next() async throws(StoreError) -> Change? { try await next(isolation: nil) }

        /// As `next()`, on the caller's actor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> Change? {
            while true {
                if let change = waiting.popFirst() { return change }
                guard let changes = try await nextCommits() else { return nil }
                waiting = changes[...]
            }
        }

        private func nextCommits() async throws(StoreError) -> [Change]? {
            let keys = try engine.unlockedKeys()
            let notes: [CommittedNote]?
            do throws(StorageError) {
                notes = try await follower.next()
            } catch  where error.code == .positionExpired {
                throw StoreError(
                    .positionExpired,
                    "What comes next is not kept any more: \(error.message). List the buckets, then begin anew; a named "
                        + "consumer keeps what it has not acknowledged.")
            } catch {
                throw StoreError(error)
            }
            guard let notes else { return nil }
            var changes: [Change] = []
            for note in notes { try append(note, keys, to: &changes) }
            return changes
        }

        private func append(_ note: CommittedNote, _ keys: StoreKeys, to changes: inout [Change]) throws(StoreError) {
            let records: [ChangeRecord]?
            do throws(SecretMemoryError) {
                records = try ChangeNote.decode(note, timeline: engine.timeline, keys.changes)
            } catch {
                throw StoreError(error)
            }
            guard let records else {
                throw StoreError(
                    .damaged,
                    "What commit \(note.lsn) says of its changes is not what was written: it was altered. Run verify.")
            }
            for (index, record) in records.enumerated() {
                let position = Position(
                    storeID: engine.storeID, timeline: engine.timeline, lsn: note.lsn, index: UInt32(index))
                guard start.precedes(position), end.map({ !$0.precedes(position) }) ?? true else { continue }
                changes.append(
                    Change(
                        kind: record.kind, bucket: record.bucket, key: record.key, versionID: record.versionID,
                        time: .init(storeMilliseconds: note.timeMilliseconds), position: position))
            }
        }
    }

    /// Begins to read.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(engine, start, end) }
}
