internal import Glibc
internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem

/// The one writer of the journal: gathers commits, decides them, makes the group durable with one
/// write and one sync, applies it to the tables, and only then tells the callers.
///
/// Invariants: nobody is told of a commit, nor of a refusal that saw one, before it is durable; LSNs
/// have no gaps; store time never goes back; after the first failed write or sync nothing is written.
///
/// A value that its own thread alone holds, the one that calls `run`.
struct Committer: ~Copyable {
    private let queue: CommitQueue
    private let view: StoreView
    private let journal: Journal
    private let checkpointer: Checkpointer
    private let poison: StorePoison
    private let clock: any StoreClock
    private let options: EmbeddedStorageOptions

    private var nextLSN: UInt64
    private var timeMilliseconds: Int64
    private var group = Group()
    /// Work since a checkpoint was last asked for.
    private var journalBytesSinceRequest: UInt64 = 0
    private var trashBytesSinceRequest: UInt64 = 0
    /// How many writers there seem to be.
    private var writerCount = 1
    /// From the start: records that were recovered have no promise yet that they are durable.
    private var owesIdleFrame = true

    /// Commits whose frames wait for their write, and who is told afterwards.
    private struct Group {
        var commits: [(receipt: CommitReceipt, changes: [RowChange])] = []
        var outcomes: [(request: CommitRequest, completion: CommitRequest.Completion)] = []
    }

    private var lastGroup = GroupTimes()

    private static let gatherMinimumNanoseconds: UInt64 = 100_000
    private static let gatherMaximumNanoseconds: UInt64 = 1_000_000
    private static let idleNanoseconds: UInt64 = 10_000_000
    /// Readers of the tables wait for so many commits to be applied, not for a whole group.
    private static let commitsPerLock = 16

    init(
        queue: CommitQueue, view: StoreView, journal: Journal, checkpointer: Checkpointer, poison: StorePoison,
        clock: any StoreClock, options: EmbeddedStorageOptions
    ) {
        self.queue = queue
        self.view = view
        self.journal = journal
        self.checkpointer = checkpointer
        self.poison = poison
        self.clock = clock
        self.options = options
        nextLSN = journal.lastLSN + 1
        timeMilliseconds = view.withTables { $0.timeMilliseconds }
    }

    /// The thread's body: until the queue is closed and drained.
    mutating func run() {
        while true {
            let expected = options.isTimed ? lastGroup.awaitedCount(writers: writerCount) : 1
            let idle = options.isTimed && owesIdleFrame ? Self.idleNanoseconds : nil
            // Whoever waits for others then waits at most twice as long as for a group of one.
            let gather = min(max(lastGroup.nanoseconds, Self.gatherMinimumNanoseconds), Self.gatherMaximumNanoseconds)
            switch queue.next(expecting: expected, gatherNanoseconds: gather, idleNanoseconds: idle) {
            case .group(let requests):
                let start = clock.bootNanoseconds()
                lastGroup = GroupTimes(commitCount: requests.count)
                commit(requests)
                lastGroup.nanoseconds = clock.bootNanoseconds() - start
                report()
            case .idle: writeIdleFrame()
            case .closed:
                closeJournal()
                return
            }
        }
    }

    private func report() {
        guard let whenGroupEnds = options.whenGroupEnds else { return }
        let (bytes, rows) = view.withTables { ($0.sizeBytes, $0.rowCount) }
        whenGroupEnds(GroupReport(times: lastGroup, memtableBytes: bytes, memtableRows: rows))
    }

    // MARK: A group

    private mutating func commit(_ requests: [CommitRequest]) {
        let shortage = makeRoom()
        if let error = poison.error {
            for request in requests { request.complete(.failed(error)) }
            return
        }
        timeMilliseconds = max(timeMilliseconds, clock.wallMilliseconds())
        var evaluator = CommitEvaluator(
            requests, view: view, inlineMaximumBytes: options.inlinePayloadMaximumBytes,
            bodyMaximumBytes: journal.maximumBodyBytes)
        lookUpMissingRows(&evaluator)
        for (position, request) in requests.enumerated() {
            // A part of this group may have been written, and failed: what the evaluator knows of it
            // decides nothing any more.
            if let error = poison.error {
                group.outcomes.append((request, .failed(error)))
                continue
            }
            commit(request, at: position, &evaluator, shortage: shortage)
        }
        flush()
        // Those just told will come back, and those who came meanwhile are here.
        writerCount = requests.count + queue.waitingCount
        requestCheckpointIfDue()
    }

    /// While the index is hot, one look for the whole group costs less than a hop between threads for each
    /// commit. When it fails the tasks come back with rows, or with the error.
    private func lookUpMissingRows(_ evaluator: inout CommitEvaluator) {
        let keys = evaluator.missingKeys
        guard !keys.isEmpty else { return }
        let start = clock.bootNanoseconds()
        do throws(OrderedIndexReadError<StorageError>) {
            evaluator.provide(
                try view.index.read { (snapshot) throws(StorageError) in
                    var values: [[UInt8]?] = []
                    values.reserveCapacity(keys.count)
                    for key in keys { values.append(try snapshot.value(key)) }
                    return values
                })
            view.temperature.note(lookUps: keys.count, nanoseconds: clock.bootNanoseconds() - start)
        } catch {
            // Whoever asked for these rows is told to fetch them, and meets the error then.
            return
        }
    }

    /// - Parameter shortage: why there is no room for commits that free nothing.
    private mutating func commit(
        _ request: CommitRequest, at position: Int, _ evaluator: inout CommitEvaluator, shortage: StorageError?
    ) {
        switch evaluator.evaluate(request, at: position, lsn: nextLSN, timeMilliseconds: timeMilliseconds) {
        case .stale: group.outcomes.append((request, .stale))
        case .refused: group.outcomes.append((request, .refused))
        case .failed(let error): group.outcomes.append((request, .failed(error)))
        case .accepted(let accepted):
            if let shortage, !mayPassWithoutRoom(accepted) {
                group.outcomes.append((request, .failed(shortage)))
                return
            }
            if request.origin != .engine { options.whenOwnCommitIsDecided?(accepted.receipt.lsn) }
            do throws(StorageError) {
                let changes = try append(accepted)
                evaluator.add(changes)
                group.commits.append((accepted.receipt, changes))
                group.outcomes.append((request, .committed(accepted.receipt)))
                nextLSN += 1
            } catch {
                // Nothing of it was written: its LSN goes to the next commit, if there is one.
                // The journal says itself when a write or sync has failed; all else, a full disk or a
                // segment that could not be opened, came before any.
                if error.code == .durabilityUnknown { poison.poison(error) }
                group.outcomes.append((request, .failed(poison.error ?? error)))
            }
        }
    }

    /// Puts the commit's frame into the group, writing the group first when it is full.
    private mutating func append(_ accepted: CommitEvaluator.Accepted) throws(StorageError) -> [RowChange] {
        let (frame, pieces) = CommitFrame.encode(
            timeMilliseconds: accepted.receipt.timeMilliseconds, mutations: accepted.mutations,
            attachments: accepted.attachments, note: accepted.note)
        let place: FrameLocation
        do throws(StorageError) {
            place = try append(pieces, mayUseReserve: accepted.isFreeing)
        } catch  where error.code == .diskFull && accepted.mayGiveUpHolds {
            // Segments that hold nothing any more are free after a checkpoint: deleting must go on for
            // as long as it takes to free a full disk, whatever the reserve holds.
            flush()
            try poison.check()
            place = try append(pieces, mayUseReserve: accepted.isFreeing, afterFreeingFor: error)
        }
        journalBytesSinceRequest += UInt64(pieces.reduce(0) { $0 + $1.count })
        trashBytesSinceRequest += accepted.trashBytes
        return frame.changes(at: place)
    }

    /// - Parameter shortage: what is thrown where nothing could be freed.
    private mutating func append(
        _ pieces: [[UInt8]], mayUseReserve: Bool, afterFreeingFor shortage: StorageError
    ) throws(StorageError) -> FrameLocation {
        // What frees space goes on where all rows are in the catalog already, too: segments that an image or a reader
        // was in want of can be freed all the same. Puts would only repeat in vain what the one before them has done.
        let mayFree = view.withTables { $0.rowCount > 0 } || mayUseReserve
        guard mayFree, checkpointer.runForRoom(givingUpImages: false) else { throw shortage }
        do throws(StorageError) {
            return try append(pieces, mayUseReserve: mayUseReserve)
        } catch  where error.code == .diskFull && checkpointer.images.coveredLSN != nil {
            // An image can be taken again, once there is room.
            guard checkpointer.runForRoom(givingUpImages: true) else { throw error }
            return try append(pieces, mayUseReserve: mayUseReserve)
        }
    }

    private mutating func append(_ pieces: [[UInt8]], mayUseReserve: Bool) throws(StorageError) -> FrameLocation {
        if let place = try journal.add(lsn: nextLSN, pieces: pieces, mayUseReserve: mayUseReserve) { return place }
        flush()
        try poison.check()
        guard let place = try journal.add(lsn: nextLSN, pieces: pieces, mayUseReserve: mayUseReserve) else {
            preconditionFailure("an empty group takes any frame")
        }
        return place
    }

    /// Makes the group durable and visible, then tells the callers.
    private mutating func flush() {
        let group = group
        self.group = Group()
        guard !group.outcomes.isEmpty else { return }
        if !group.commits.isEmpty {
            do throws(StorageError) {
                let start = clock.bootNanoseconds()
                try journal.writeGroup()
                lastGroup.writeNanoseconds += clock.bootNanoseconds() - start
                owesIdleFrame = true
                apply(group.commits)
            } catch {
                poison.poison(error)
                fail(group, poison.error ?? error)
                return
            }
        } else if let error = poison.error {
            return fail(group, error)
        }
        for (request, completion) in group.outcomes { request.complete(completion) }
        if !group.commits.isEmpty { view.commits.announce() }
    }

    /// Refusals fail, too: they may rest on a commit that did not become durable.
    private func fail(_ group: Group, _ error: StorageError) {
        for (request, _) in group.outcomes { request.complete(.failed(error)) }
    }

    private func apply(_ commits: [(receipt: CommitReceipt, changes: [RowChange])]) {
        for start in stride(from: 0, to: commits.count, by: Self.commitsPerLock) {
            view.withTables { tables in
                for (receipt, changes) in commits[start..<min(start + Self.commitsPerLock, commits.count)] {
                    tables.apply(lsn: receipt.lsn, timeMilliseconds: receipt.timeMilliseconds, changes)
                }
            }
        }
    }

    // MARK: Memory

    private var fill: Double { Self.fill(view, options) }

    private static func fill(_ view: StoreView, _ options: EmbeddedStorageOptions) -> Double {
        view.withTables { tables in
            max(
                Double(tables.sizeBytes) / Double(options.memtableSizeBytes),
                Double(tables.rowCount) / Double(options.memtableRowCount))
        }
    }

    /// Slows writers down from half the cap on, ever more, so that they never run into a wall; at the
    /// cap they wait for the checkpoint. Returns why there is no room when checkpoints fail.
    private func makeRoom() -> StorageError? {
        let fill = fill
        if fill < 0.5 { return nil }
        if fill < 1 {
            let excess = 2 * (fill - 0.5)
            if options.isTimed { usleep(UInt32(2_000 * excess * excess)) }
            return nil
        }
        return checkpointer.waitForRoom { [view, options, poison] in
            Self.fill(view, options) < 1 || poison.error != nil
        }
    }

    /// Deletions go on when no checkpoint can be written, for a full disk is freed by deleting; up to
    /// twice the cap.
    private func mayPassWithoutRoom(_ accepted: CommitEvaluator.Accepted) -> Bool {
        accepted.isFreeing && fill < 2
    }

    private mutating func requestCheckpointIfDue() {
        guard
            fill >= 0.5 || journalBytesSinceRequest >= options.checkpointJournalBytes
                || trashBytesSinceRequest >= options.checkpointTrashBytes
        else { return }
        journalBytesSinceRequest = 0
        trashBytesSinceRequest = 0
        checkpointer.request()
    }

    // MARK: Idle and end

    private mutating func writeIdleFrame() {
        owesIdleFrame = false
        guard poison.error == nil else { return }
        do throws(StorageError) {
            try journal.writeIdleFrame()
        } catch  where error.code == .durabilityUnknown {
            poison.poison(error)
        } catch {
            // A full disk, or no descriptor: nothing was written. The frame is a help to later checks, no
            // promise: without it nothing is lost.
            return
        }
    }

    private func closeJournal() {
        // Only the close frame depends on the store being sound: its threads end in any case.
        journal.stopPreparing()
        guard poison.error == nil else { return }
        do throws(StorageError) {
            try journal.close()
        } catch {
            poison.poison(error)
        }
    }
}
