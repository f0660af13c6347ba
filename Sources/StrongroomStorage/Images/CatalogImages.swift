internal import StrongroomJournal
internal import StrongroomSystem
internal import SystemPackage

/// What is kept so that the index can be rebuilt: an image of it, and the journal since.
///
/// Invariant: no segment that holds a commit after `heldLSN` is recycled. An empty index is the image of a store whose
/// journal is whole from its first commit.
///
/// Unlike followers, images hold no payload: of a payload that was deleted since, replay knows so. They hold the
/// journal without a cap, for a new one is taken as the journal grows; only a disk that is full takes precedence.
final class CatalogImages: Sendable {
    private struct State {
        /// Image and journal give every commit after this; nil where no image is of use.
        var coveredLSN: UInt64?
        /// 0 where the empty index is the image.
        var imageBytes: UInt64 = 0
        /// How large the next image will be at least, as far as is known.
        var expectedBytes: UInt64 = 0
        /// Where the index was when the image that is being taken was begun.
        var underwayLSN: UInt64?
        var isWanted = false
        var isStopping = false
        var isGivenUp = false
        /// A full disk has taken the last one: the next comes once there is a journal again to be saved.
        var wasTaken = false
        var failure: StorageError?
    }

    private let files: ImageFiles
    private let policy: ImagePolicy?
    private let monitor: Monitor<State>

    /// Blocks.
    ///
    /// - Parameters:
    ///   - policy: nil holds nothing and takes images only when told.
    ///   - reachLSN: how far back the journal goes without a gap.
    init(_ files: ImageFiles, policy: ImagePolicy?, reachLSN: UInt64) throws(StorageError) {
        self.files = files
        self.policy = policy
        var state = State()
        try files.removePartial()
        if let found = try files.newest(reachLSN: reachLSN) {
            state.coveredLSN = found.lsn
            state.imageBytes = found.sizeBytes
            state.expectedBytes = found.sizeBytes
        } else if reachLSN == 0 {
            state.coveredLSN = 0
        }
        monitor = Monitor(state)
    }

    // MARK: Holding the journal

    /// Commits after this are kept in the journal; `.max` where nothing is held.
    var heldLSN: UInt64 {
        monitor.withLock { state in
            guard policy != nil else { return state.underwayLSN ?? .max }
            return min(state.coveredLSN ?? .max, state.underwayLSN ?? .max)
        }
    }

    /// A disk that is full needs the journal's space more than the image, which may be taken again. But not where the
    /// catalog is damaged: there the image may be all that is left.
    ///
    /// Blocks.
    func giveUp() {
        let isGivenUp = monitor.withLock { state in
            guard policy != nil, state.failure?.code != .corrupted else { return false }
            state.coveredLSN = nil
            state.imageBytes = 0
            state.isGivenUp = state.underwayLSN != nil
            state.wasTaken = true
            return true
        }
        guard isGivenUp else { return }
        // An image that stays, or comes back after a crash, has a gap behind it and is passed over.
        try? files.remove(olderThan: .max)
    }

    /// After a checkpoint: asks for an image where one is due.
    func note(_ segments: [SegmentInfo]) {
        guard let policy else { return }
        let isWanted = monitor.withLock { state in
            guard state.underwayLSN == nil else { return false }
            if state.coveredLSN != nil || state.wasTaken {
                let covered = state.coveredLSN ?? 0
                let journalBytes = segments.lazy.filter { $0.state == .sealed && $0.lastLSN > covered }
                    .reduce(0) { $0 + $1.sizeBytes }
                guard policy.isDue(journalBytes: journalBytes, imageBytes: state.imageBytes) else { return false }
            }
            state.isWanted = true
            return true
        }
        if isWanted { monitor.broadcast() }
    }

    // MARK: Taking images

    /// Takes an image now. One at a time: waits for one that is under way. Blocks.
    func take(of view: StoreView) throws(StorageError) -> ImageSummary {
        let floorLSN = try StoreView.checkpointState(of: view.index).appliedLSN
        let isStopping = monitor.wait(until: { $0.isStopping || $0.underwayLSN == nil }) { state in
            guard !state.isStopping else { return true }
            // From here on the journal keeps what the image will lack.
            state.underwayLSN = floorLSN
            state.isGivenUp = false
            return false
        }
        guard !isStopping else { throw StorageError(.closed, "the store is closed; open it again") }
        do throws(StorageError) {
            let expectedBytes = monitor.withLock { $0.expectedBytes }
            let taker = ImageTaker(files: files, index: view.index, expectedBytes: expectedBytes) { [monitor] in
                monitor.withLock { $0.isStopping || $0.isGivenUp }
            }
            let summary = try taker.take()
            end { state in
                state.expectedBytes = summary.sizeBytes
                // Where the disk was full meanwhile, its journal may be gone already.
                guard !state.isGivenUp else { return }
                state.coveredLSN = summary.appliedLSN
                state.imageBytes = summary.sizeBytes
                state.failure = nil
                state.wasTaken = false
            }
            try files.remove(olderThan: summary.appliedLSN)
            return summary
        } catch {
            end { $0.failure = error.code == .cancelled ? $0.failure : error }
            throw error
        }
    }

    private func end(_ change: (inout State) -> Void) {
        monitor.withLock { state in
            change(&state)
            state.underwayLSN = nil
            state.isWanted = false
        }
        monitor.broadcast()
    }

    /// The body of the thread that takes images as they are due.
    ///
    /// - Parameter whenTaken: what the journal was kept for may be free now.
    func run(_ view: StoreView, _ poison: StorePoison, whenTaken: () -> Void) {
        while true {
            let goesOn = monitor.wait(until: { $0.isStopping || $0.isWanted }) { state in
                state.isWanted = false
                return !state.isStopping
            }
            guard goesOn else { return }
            guard poison.error == nil else { continue }
            do throws(StorageError) {
                _ = try take(of: view)
                whenTaken()
            } catch {
                // Why it failed is kept for the statistics; it is tried again after the next checkpoint.
                continue
            }
        }
    }

    /// Ends the thread; an image under way is given up.
    func stop() {
        monitor.withLock { $0.isStopping = true }
        monitor.broadcast()
    }

    /// Reads the image in use whole. Blocks.
    func verify() throws(StorageError) {
        guard let lsn = coveredLSN, imageBytes > 0 else { return }
        do throws(StorageError) {
            var reader = try files.reader(lsn: lsn)
            _ = try reader.readToEnd()
        } catch {
            // A newer one has taken its place meanwhile.
            guard error.code != .notFound || coveredLSN == lsn else { return }
            throw error
        }
    }

    // MARK: Telling

    func path(lsn: UInt64) -> FilePath { files.path(.whole(lsn: lsn)) }

    /// The LSN of the image in use, 0 for the empty one; nil where there is none.
    var coveredLSN: UInt64? { monitor.withLock { $0.coveredLSN } }
    var imageBytes: UInt64 { monitor.withLock { $0.imageBytes } }
    var failure: StorageError? { monitor.withLock { $0.failure } }
}
