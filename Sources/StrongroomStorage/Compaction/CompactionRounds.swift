internal import StrongroomJournal
internal import StrongroomSystem

/// Rounds of compaction, and what they learn from one another.
///
/// A round empties a few segments, least live share first, and then asks for a checkpoint, which is what frees them
/// (`SegmentReclaimer`). For one thread at a time. Everything here blocks.
struct CompactionRounds: Sendable {
    struct Result: Sendable {
        /// Nil where nothing was done.
        var report: CompactionReport?
        /// Why a segment cannot be emptied, of the first of them.
        var damage: StorageError?
        /// Whether readers keep what was emptied last, and thereby all further work.
        var isWaiting: Bool
        /// Whether the segments take less space than before.
        var isGain: Bool
    }

    /// How long readers of emptied segments are waited for at a time.
    private static let readerPatienceNanoseconds: UInt64 = 2_000_000_000
    /// What a row is taken to need beside its payload, at least, where room is short.
    private static let reserveOverheadBytes: UInt64 = 512

    private let view: StoreView
    private let journal: Journal
    private let queue: CommitQueue
    private let checkpointer: Checkpointer
    private let images: CatalogImages
    private let poison: StorePoison
    private let options: CompactionOptions
    private let control: CompactionControl

    private(set) var total = CompactionReport()
    /// What a row takes in a frame beside its payload, as far as is known.
    private var rowOverheadBytes: UInt64 = 64
    /// Segments that are left alone until the store is opened again.
    private var excluded: Set<UInt64> = []
    private var damage: StorageError?
    /// For which there was less room on a full disk than it seemed: half of each was moved, and to go on so would
    /// leave none to deletions.
    private var tooLarge: Set<UInt64> = []
    /// Emptied and not yet free.
    private var emptied: Set<UInt64> = []

    init(_ parts: StorageParts, _ control: CompactionControl) {
        view = parts.view
        journal = parts.journal
        queue = parts.queue
        checkpointer = parts.checkpointer
        images = parts.images
        poison = parts.poison
        options = parts.options.compaction
        self.control = control
    }

    /// - Parameter afterCheckpoint: whether to make the counters exact first, and to give back at the end what the
    ///   journal keeps for speed.
    mutating func run(_ goal: SegmentShares.Goal, afterCheckpoint: Bool) throws(StorageError) -> Result {
        try control.checkMayGoOn()
        if afterCheckpoint { try checkpoint() }
        let before = segmentBytes
        let report = try round(goal)
        if afterCheckpoint, report == nil { try journal.removeSpares() }
        emptied.formIntersection(journal.segments().map(\.id))
        return Result(report: report, damage: damage, isWaiting: !emptied.isEmpty, isGain: segmentBytes < before)
    }

    private var segmentBytes: UInt64 { journal.segments().reduce(0) { $0 + $1.sizeBytes } }

    private mutating func round(_ goal: SegmentShares.Goal) throws(StorageError) -> CompactionReport? {
        guard try areReadersGone() else { return nil }
        // By itself it waits for the next image; whoever asks for all of it gets an image for it.
        let heldLSN = if case .everything = goal { UInt64.max } else { images.heldLSN }
        let shares = try SegmentShares(
            view, journal, rowOverheadBytes: rowOverheadBytes, heldLSN: heldLSN, excluding: excluded)
        let victims = shares.victims(goal, budgetBytes: options.spaceBudgetBytes)
        guard !victims.isEmpty else { return nil }
        let pace = if case .everything = goal { CompactionPace.none } else { CompactionPace(shares.spaceRatio) }
        do throws(StorageError) {
            return try empty(victims, pace)
        } catch  where error.code == .diskFull {
            return try emptyOnReserve(error)
        }
    }

    /// On a full disk there is only what is kept for freeing space: one segment at a time, which must be free
    /// before the next one is begun.
    private mutating func emptyOnReserve(_ shortage: StorageError) throws(StorageError) -> CompactionReport? {
        // Without checkpoints nothing becomes free, and what was emptied before may be.
        try checkpoint()
        guard try areReadersGone() else { throw shortage }
        let shares = try SegmentShares(
            view, journal, rowOverheadBytes: max(rowOverheadBytes, Self.reserveOverheadBytes),
            heldLSN: .max, excluding: excluded.union(tooLarge))
        let room = journal.room().totalBytes
        // The other half is for deletions.
        guard let victim = shares.victim(fitting: room / 2) else { throw shortage }
        do throws(StorageError) {
            return try empty([victim], .none, reserveBytes: room / 2)
        } catch  where error.code == .diskFull {
            tooLarge.insert(victim.info.id)
            throw error
        }
    }

    /// Whether everything that was emptied before is free. Where it is not, more must not be written.
    private mutating func areReadersGone() throws(StorageError) -> Bool {
        var waited: UInt64 = 0
        while true {
            try control.checkMayGoOn()
            emptied.formIntersection(journal.segments().map(\.id))
            if emptied.isEmpty { return true }
            guard control.isTimed, waited < Self.readerPatienceNanoseconds,
                control.rest(CompactionControl.pollNanoseconds)
            else { return false }
            waited += CompactionControl.pollNanoseconds
        }
    }

    // MARK: Emptying

    /// - Parameter reserveBytes: how much of what is kept for freeing space may be written; nil for none of it.
    private mutating func empty(
        _ victims: [SegmentShares.Segment], _ pace: CompactionPace, reserveBytes: UInt64? = nil
    ) throws(StorageError) -> CompactionReport? {
        var mover = SegmentMover(
            view, journal, queue, commitBytes: options.commitBytes, reserveBytes: reserveBytes
        ) { [control] (nanoseconds) throws(StorageError) in
            try control.goOn(afterNanoseconds: nanoseconds, pace)
        }
        var report = CompactionReport()
        let failure: StorageError?
        do throws(StorageError) {
            let empty = try empty(victims, &mover, pace)
            for victim in empty {
                emptied.insert(victim.info.id)
                report.freedSegments += 1
                report.freedBytes += victim.info.sizeBytes
            }
            try free(empty)
            failure = nil
        } catch {
            failure = error
        }
        report.movedRows = mover.movedRows
        report.movedBytes = mover.movedBytes
        total += report
        learn(mover, victims)
        if let failure { throw failure }
        return report == CompactionReport() ? nil : report
    }

    /// Returns those in which nothing lives any more.
    private mutating func empty(
        _ victims: [SegmentShares.Segment], _ mover: inout SegmentMover, _ pace: CompactionPace
    ) throws(StorageError) -> [SegmentShares.Segment] {
        for victim in victims { try move(victim, [:], &mover) }
        try checkpoint()
        var left = try remaining(victims)
        if left.contains(where: { !excluded.contains($0.info.id) }) {
            try moveRowsFromElsewhere(left, &mover, pace)
            try checkpoint()
            left = try remaining(left)
        }
        let counted = Set(left.map(\.info.id))
        return victims.filter { !counted.contains($0.info.id) }
    }

    /// The journal since the last image of the catalog is kept, whatever lives in it: a newer one frees what was
    /// emptied.
    private func free(_ emptied: [SegmentShares.Segment]) throws(StorageError) {
        guard emptied.contains(where: { $0.info.lastLSN > images.heldLSN }) else { return }
        do throws(StorageError) {
            _ = try images.take(of: view)
        } catch  where error.code == .diskFull {
            images.giveUp()
        } catch  where error.code == .cancelled {
            // Given up to a full disk, or beside a checkpoint: the next image, or what frees the disk, frees these.
            try control.checkMayGoOn()
        }
        try checkpoint()
    }

    /// Rows that came from another key are not named by the segment's frames. One look at all rows serves all
    /// segments, and takes place only where something is left: it costs in proportion to the catalog, while the
    /// frames have to be read anyway.
    private mutating func moveRowsFromElsewhere(
        _ left: [SegmentShares.Segment], _ mover: inout SegmentMover, _ pace: CompactionPace
    ) throws(StorageError) {
        var start: [UInt8]? = []
        while let lowerBound = start {
            let places = try RowPlaces(in: Set(left.map(\.info.id)), from: lowerBound, view) {
                (nanoseconds) throws(StorageError) in
                try control.goOn(afterNanoseconds: nanoseconds, pace)
            }
            for victim in left where !excluded.contains(victim.info.id) {
                if let found = places.keys[victim.info.id] { try move(victim, found, &mover) }
            }
            start = places.next
        }
    }

    /// A segment that cannot be read is no obstacle to the others.
    private mutating func move(
        _ victim: SegmentShares.Segment, _ places: [UInt64: [[UInt8]]], _ mover: inout SegmentMover
    ) throws(StorageError) {
        do throws(StorageError) {
            try mover.move(victim.info, places: places)
        } catch  where Self.codesOfSegments.contains(error.code) {
            excluded.insert(victim.info.id)
            damage = damage ?? error
        }
    }

    private static let codesOfSegments: Set<StorageError.Code> = [
        .corrupted, .inputOutput, .notFound, .unsupportedFormat, .limitExceeded,
    ]

    /// Those in which rows still have payloads, as of the last checkpoint.
    private func remaining(
        _ victims: [SegmentShares.Segment]
    ) throws(StorageError) -> [SegmentShares.Segment] {
        let usages = try view.segmentUsages()
        return victims.filter { usages[$0.info.id] != nil }
    }

    private func checkpoint() throws(StorageError) {
        guard !checkpointer.runAndWait() else { return }
        try poison.check()
        throw checkpointer.failure ?? CompactionControl.closed
    }

    /// Whoever gained nothing believed too little of the rows, and must not try for ever: what is believed then only
    /// grows. After a gain it may fall again, for space is finite.
    private mutating func learn(_ mover: SegmentMover, _ victims: [SegmentShares.Segment]) {
        guard mover.movedRows > 0 else { return }
        let measured = mover.overheadBytes / mover.movedRows + 1
        let written = mover.movedBytes + mover.overheadBytes
        let isGain = 10 * written <= 9 * victims.reduce(0) { $0 + $1.info.sizeBytes }
        rowOverheadBytes = isGain ? (3 * rowOverheadBytes + measured) / 4 : max(rowOverheadBytes + 1, measured)
    }
}
