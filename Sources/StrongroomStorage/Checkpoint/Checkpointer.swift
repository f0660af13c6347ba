internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem

/// Runs checkpoints on a thread of its own, and frees what they made free.
final class Checkpointer: Sendable {
    typealias Callback = @Sendable (Result<Void, StorageError>) -> Void

    private struct State {
        var isRequested = false
        var isStopping = false
        /// Called when a checkpoint that began after they came has ended.
        var callbacks: [Callback] = []
        /// Why the last attempt failed; nil after a success.
        var failure: StorageError?
        /// Why something that a checkpoint made free could not be freed; nil when everything was.
        var cleanUpFailure: StorageError?
        /// Why rows cannot be added up (`RowSumBuilder`).
        var sumContradiction: StorageError?
        /// Attempts that have ended, well or not.
        var endedCount = 0
        var completedCount = 0
    }

    private struct Wake {
        var isRequested: Bool
        var callbacks: [Callback]
        var isStopping: Bool
    }

    /// How often it is asked whether readers who keep freed space from being used are gone.
    private static let drainNanoseconds: UInt64 = 20_000_000

    private let view: StoreView
    private let writer: CheckpointWriter
    private let root: (any CatalogRootKeeper)?
    /// Whether there are commits to move, or they stay in the journal.
    private let changesCatalog: Bool
    private let journal: Journal
    private let files: BlobFiles
    private let reaper: TrashReaper
    let images: CatalogImages
    private let poison: StorePoison
    private let clock: any StoreClock
    /// As it was when the store was opened.
    private let sumBuilder: RowSumBuilder?
    private let intervalNanoseconds: UInt64?
    /// After how long a failed attempt is repeated by itself.
    private let retryNanoseconds: UInt64?
    private let monitor: Monitor<State>

    init(
        view: StoreView, journal: Journal, files: BlobFiles, reaper: TrashReaper, images: CatalogImages,
        poison: StorePoison, clock: any StoreClock, options: EmbeddedStorageOptions, sums: RowSumDefinition? = nil,
        sumBuilder: RowSumBuilder? = nil
    ) {
        self.view = view
        writer = CheckpointWriter(
            index: view.index, rowsPerTransaction: options.checkpointRowsPerTransaction, sums: sums)
        root = sums?.root
        changesCatalog = options.changesCatalog
        self.sumBuilder = sumBuilder
        self.journal = journal
        self.files = files
        self.reaper = reaper
        self.images = images
        self.poison = poison
        self.clock = clock
        intervalNanoseconds = options.checkpointIntervalSeconds.map { UInt64($0) * 1_000_000_000 }
        retryNanoseconds = options.isTimed ? 1_000_000_000 : nil
        monitor = Monitor(State())
    }

    // MARK: For other threads

    /// Asks for a checkpoint of everything that is committed now; returns at once.
    func request() {
        monitor.withLock { $0.isRequested = true }
        monitor.broadcast()
    }

    /// As `request()`, and tells when it has ended.
    func request(_ callback: @escaping Callback) {
        let isStopping = monitor.withLock { state in
            guard !state.isStopping else { return true }
            state.isRequested = true
            state.callbacks.append(callback)
            return false
        }
        if isStopping {
            callback(.failure(StorageError(.closed, "the store is closed; open it again")))
        } else {
            monitor.broadcast()
        }
    }

    /// No further checkpoint begins, and the thread ends.
    func stop() {
        monitor.withLock { $0.isStopping = true }
        monitor.broadcast()
    }

    /// Blocks until `hasRoom`, which is asked again after each attempt. Returns why there is none when
    /// attempts fail, or at once when they are failing already: to wait would be to hang.
    func waitForRoom(_ hasRoom: () -> Bool) -> StorageError? {
        while !hasRoom() {
            let endedCount = monitor.withLock { $0.endedCount }
            request()
            let failure = monitor.wait(
                until: { $0.endedCount > endedCount || $0.failure != nil || $0.isStopping }, { $0.failure })
            if let failure { return failure }
            if monitor.withLock({ $0.isStopping }) { return nil }
        }
        return nil
    }

    /// A checkpoint for a disk that is full: what is kept for followers of the journal alone is freed as well.
    ///
    /// - Parameter givingUpImages: and what is kept for images of the catalog.
    func runForRoom(givingUpImages: Bool) -> Bool {
        // While a backup or a verification holds everything, giving these up would free nothing.
        if !view.epochs.isHeld {
            view.holds.suspendOnce()
            if givingUpImages { images.giveUp() }
        }
        return runAndWait()
    }

    /// Runs a checkpoint of everything that is committed now, and blocks until it has ended; whether it went well.
    func runAndWait() -> Bool {
        let ended = Monitor<Bool?>(nil)
        request { result in
            let isSuccess = if case .success = result { true } else { false }
            ended.withLock { $0 = isSuccess }
            ended.signal()
        }
        return ended.wait(until: { $0 != nil }, { $0 ?? false })
    }

    var failure: StorageError? { monitor.withLock { $0.failure } }
    var cleanUpFailure: StorageError? { monitor.withLock { $0.cleanUpFailure } }
    /// Why the index's rows cannot be added up; nil where they are, and while nothing is known against it.
    var sumContradiction: StorageError? { monitor.withLock { $0.sumContradiction } }
    /// How many tables were moved into the index since the store was opened.
    var completedCount: Int { monitor.withLock { $0.completedCount } }

    // MARK: On its thread

    /// The thread's body.
    func run() {
        var reclaimer = SegmentReclaimer(journal: journal, view: view, images: images)
        var sumBuilder = sumBuilder
        var isRootNoted = true
        var lastNanoseconds = clock.bootNanoseconds()
        while true {
            let isDraining = reclaimer.isWaiting || reaper.isWaiting
            let isBuilding = sumBuilder?.isAtWork ?? false
            let wake = nextWake(
                pauseNanoseconds: isBuilding ? 0 : isDraining ? Self.drainNanoseconds : pauseNanoseconds)
            if wake.isStopping, !wake.isRequested { return }
            let now = clock.bootNanoseconds()
            let isDue = intervalNanoseconds.map { now - lastNanoseconds >= $0 } ?? false
            if isDue || wake.isRequested { lastNanoseconds = now }
            if isBuilding { isRootNoted = false }
            let result = round(isDue: isDue || wake.isRequested, &reclaimer, &sumBuilder, &isRootNoted)
            for callback in wake.callbacks { callback(result) }
        }
    }

    private var pauseNanoseconds: UInt64? {
        failure != nil || cleanUpFailure != nil ? retryNanoseconds : intervalNanoseconds
    }

    private func nextWake(pauseNanoseconds: UInt64?) -> Wake {
        let isAwake = { (state: inout State) in state.isRequested || state.isStopping }
        let take = { (state: inout State) -> Wake in
            defer {
                state.isRequested = false
                state.callbacks = []
            }
            return Wake(isRequested: state.isRequested, callbacks: state.callbacks, isStopping: state.isStopping)
        }
        guard let pauseNanoseconds else { return monitor.wait(until: isAwake, take) }
        return monitor.wait(until: isAwake, timeoutNanoseconds: pauseNanoseconds) { state, _ in take(&state) }
    }

    private func round(
        isDue: Bool, _ reclaimer: inout SegmentReclaimer, _ sumBuilder: inout RowSumBuilder?,
        _ isRootNoted: inout Bool
    ) -> Result<Void, StorageError> {
        var cleanUp = CleanUp()
        let movedCount = completedCount
        let failure = attempt { () throws(StorageError) in try checkpoint(isDue: isDue, &reclaimer, &cleanUp) }
        // Whether or not the checkpoint went well: freeing may be what the next one waits for. And each
        // for itself: one file that cannot be removed does not keep the others.
        cleanUp.note(attempt { () throws(StorageError) in try reclaimer.recycleDrained() })
        cleanUp.note(attempt { () throws(StorageError) in try reaper.unlinkDrained() })
        for name in files.registry.abandoned {
            cleanUp.note(attempt { () throws(StorageError) in try files.removeAbandoned(name) })
        }
        cleanUp.note(attempt { () throws(StorageError) in try files.removeEmptyEpochs() })
        let hasMoved = completedCount != movedCount
        cleanUp.note(addUp(&sumBuilder, hasMoved: hasMoved))
        monitor.withLock { state in
            state.endedCount += 1
            state.failure = failure
            state.cleanUpFailure = cleanUp.failure
            state.sumContradiction = sumBuilder?.contradiction
        }
        monitor.broadcast()
        // Whoever waits for room in the tables has it, and need not wait for what is written outside the store. Who
        // asked for a checkpoint is told after this.
        if hasMoved || !isRootNoted {
            cleanUp.note(noteRoot(&isRootNoted))
            monitor.withLock { $0.cleanUpFailure = cleanUp.failure }
        }
        return failure.map { .failure($0) } ?? .success(())
    }

    /// Runs one part of a round, unless the store is poisoned; returns why it failed.
    private func attempt(_ body: () throws(StorageError) -> Void) -> StorageError? {
        do throws(StorageError) {
            try poison.check()
            try body()
            return nil
        } catch {
            // A full disk may have room again, and so have the descriptors; a failed write or sync means
            // that what was written is unknown.
            if error.code == .inputOutput || error.code == .durabilityUnknown { poison.poison(error) }
            return error
        }
    }

    /// Says outside what the catalog is now; returns why it could not be read.
    ///
    /// - Parameter isNoted: whether it is known there, or need not be.
    private func noteRoot(_ isNoted: inout Bool) -> StorageError? {
        isNoted = root == nil
        guard let root else { return nil }
        return attempt { () throws(StorageError) in
            let mark: CatalogRootMark?
            do throws(OrderedIndexReadError<StorageError>) {
                mark = try view.index.read { (snapshot) throws(StorageError) in
                    let checkpoint = try StoreView.checkpointState(in: snapshot)
                    return try CatalogRoot.stored(root, in: snapshot, at: checkpoint)?.root.mark(at: checkpoint)
                }
            } catch {
                switch error {
                case .index(let error), .body(let error): throw error
                }
            }
            isNoted = mark.map { root.note($0) } ?? true
        }
    }

    /// After the thread has ended: nothing is noted any more.
    func endRoot() throws(StorageError) { try root?.end() }

    private func checkpoint(
        isDue: Bool, _ reclaimer: inout SegmentReclaimer, _ cleanUp: inout CleanUp
    ) throws(StorageError) {
        guard changesCatalog else { return }
        // One is frozen already when the attempt before failed.
        if let frozen = view.withTables({ $0.frozen }) { try move(frozen, &reclaimer, &cleanUp) }
        guard isDue else { return }
        if let frozen = view.withTables({ $0.active.isEmpty ? nil : $0.freeze() }) {
            try move(frozen, &reclaimer, &cleanUp)
        } else {
            // A store that died after a checkpoint has nothing to replay and no rows to move, but what that
            // checkpoint made free is still to be freed.
            var state: CheckpointState?
            cleanUp.note(attempt { () throws(StorageError) in state = try StoreView.checkpointState(of: view.index) })
            if let state { retire(state, &reclaimer, &cleanUp) }
        }
    }

    /// One step of adding up what the index has, where that is not done; returns why it failed.
    ///
    /// - Parameter hasMoved: a checkpoint changed the index since the last time.
    private func addUp(_ builder: inout RowSumBuilder?, hasMoved: Bool) -> StorageError? {
        guard var step = builder, hasMoved || !step.isComplete else { return nil }
        let failure = attempt { () throws(StorageError) in
            if hasMoved { try step.lookAgain() }
            if !step.isComplete { try step.step() }
        }
        step.hasFailed = failure != nil
        builder = step
        return failure
    }

    /// What cannot be retired now is found again with the next checkpoint.
    private func retire(_ state: CheckpointState, _ reclaimer: inout SegmentReclaimer, _ cleanUp: inout CleanUp) {
        cleanUp.note(attempt { () throws(StorageError) in try reclaimer.retireFree(state) })
        cleanUp.note(attempt { () throws(StorageError) in try reaper.retireCheckpointed() })
        images.note(journal.segments())
    }

    private func move(
        _ frozen: RowTables.Frozen, _ reclaimer: inout SegmentReclaimer, _ cleanUp: inout CleanUp
    ) throws(StorageError) {
        files.registry.beginEpoch()
        let before = try StoreView.checkpointState(of: view.index)
        let sealedEpoch = files.registry.sealedEpoch
        // Whoever is told that a commit's outcome is unknown lets go of its file, which only the sweep of an
        // unsealed epoch can remove. The store is poisoned before anyone is told: looked at in this order, no
        // such file is taken for a committed one.
        try poison.check()
        let state = try writer.write(frozen, after: before, sealedBlobEpoch: sealedEpoch)
        assert(state.appliedLSN == frozen.lastLSN)
        view.withTables { $0.dropFrozen() }
        monitor.withLock { $0.completedCount += 1 }
        reaper.forgetRemoved(appliedLSN: state.appliedLSN)
        // From here on the checkpoint has succeeded.
        retire(state, &reclaimer, &cleanUp)
    }
}

/// What went wrong with the freeing after a checkpoint: the first failure counts.
private struct CleanUp {
    private(set) var failure: StorageError?

    mutating func note(_ error: StorageError?) { failure = failure ?? error }
}
