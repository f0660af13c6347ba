internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem

/// Moves the live payloads of segments to the end of the journal, in commits of bounded size.
///
/// A commit changes nothing but the places: a row that is at another place by then, or gone, is left as it is. A
/// payload is read as part of its frame, whose checksum holds: a damaged one stays where everybody sees the damage.
///
/// For one thread at a time. Everything here blocks.
struct SegmentMover {
    let view: StoreView
    let journal: Journal
    let queue: CommitQueue
    let commitBytes: Int
    /// How much of what is kept for freeing space its commits may take; nil for none of it.
    let reserveBytes: UInt64?
    /// Called before each record, and after each commit with the time it took; ends the work by throwing.
    let pause: (_ commitNanoseconds: UInt64) throws(StorageError) -> Void

    private(set) var movedRows: UInt64 = 0
    private(set) var movedBytes: UInt64 = 0
    /// What the moved rows take in frames beside their payloads.
    private(set) var overheadBytes: UInt64 = 0

    init(
        _ view: StoreView, _ journal: Journal, _ queue: CommitQueue, commitBytes: Int, reserveBytes: UInt64?,
        pause: @escaping (UInt64) throws(StorageError) -> Void
    ) {
        self.view = view
        self.journal = journal
        self.queue = queue
        // What does not fit the rest of a segment leaves that empty: it must be small beside any segment.
        self.commitBytes = min(commitBytes, journal.maximumBodyBytes / 16)
        self.reserveBytes = reserveBytes
        self.pause = pause
    }

    /// Moves the payloads that are where the segment's frames say, and those that `places` knows.
    ///
    /// - Parameter places: keys of rows by the offset of their payload.
    mutating func move(
        _ segment: SegmentInfo, places: [UInt64: [[UInt8]]] = [:]
    ) throws(StorageError) {
        do throws(StorageError) {
            var unseen = Set(places.keys)
            var records = try journal.records(of: segment)
            var batch = MoveBatch()
            while let record = try records.next() {
                try pause(0)
                guard let frame = CommitFrame(body: record.body) else {
                    throw StorageError(
                        .corrupted, "a record is whole and no commit; run verify", path: segment.path,
                        offset: record.place.bodyOffset)
                }
                let candidates = Self.candidates(frame, at: record.place, places).sorted { $0.offset < $1.offset }
                for candidate in candidates { unseen.remove(candidate.offset) }
                try add(candidates, of: record.body, in: segment, to: &batch)
            }
            try commit(&batch)
            guard unseen.isEmpty || isGone(segment) else {
                throw StorageError(
                    .corrupted, "\(unseen.count) payloads of rows are in no whole record of the segment; run verify",
                    path: segment.path, offset: unseen.min())
            }
        } catch  where isGone(segment) && (error.code == .corrupted || error.code == .notFound) {
            // The last of it was deleted meanwhile, and the file has another life.
            return
        }
    }

    private func isGone(_ segment: SegmentInfo) -> Bool { !journal.segments().contains { $0.id == segment.id } }

    // MARK: Looking

    /// A row that may have its payload here.
    private struct Candidate {
        var key: [UInt8]
        /// In the segment.
        var offset: UInt64
        /// In the body.
        var range: Range<Int>
    }

    private static func candidates(
        _ frame: CommitFrame, at place: FrameLocation, _ places: [UInt64: [[UInt8]]]
    ) -> [Candidate] {
        var candidates: [Candidate] = []
        for mutation in frame.mutations {
            guard let row = mutation.row, let (index, _) = StoredRowCodec.decodeAttachment(row) else { continue }
            let range = frame.attachments[index]
            candidates.append(
                Candidate(key: mutation.key, offset: place.bodyOffset + UInt64(range.lowerBound), range: range))
        }
        guard !places.isEmpty else { return candidates }
        let known = Set(candidates.map(\.key))
        for range in frame.attachments {
            let offset = place.bodyOffset + UInt64(range.lowerBound)
            for key in places[offset] ?? [] where !known.contains(key) {
                candidates.append(Candidate(key: key, offset: offset, range: range))
            }
        }
        return candidates
    }

    private mutating func add(
        _ candidates: [Candidate], of body: [UInt8], in segment: SegmentInfo, to batch: inout MoveBatch
    ) throws(StorageError) {
        guard !candidates.isEmpty else { return }
        let (rows, lsn) = try currentRows(candidates.map(\.key))
        for (candidate, row) in zip(candidates, rows) {
            let old = PayloadLocation.segment(
                id: segment.id, offset: candidate.offset, lengthBytes: UInt32(candidate.range.count))
            guard let row, StoredRowCodec.decodePayload(row)?.payload == old else { continue }
            let bytes = MoveBatch.overheadBytes(key: candidate.key, encoded: row) + candidate.range.count
            guard CommitFrame.headerSizeBytes + bytes <= journal.maximumBodyBytes else {
                throw StorageError(
                    .limitExceeded, "a row of \(bytes) bytes fits no segment of today's size", path: segment.path,
                    offset: candidate.offset)
            }
            // Rows of one payload share it as before, wherever there is room for all of them.
            let limitBytes = batch.hasPayload(at: candidate.offset) ? journal.maximumBodyBytes : commitBytes
            if batch.sizeBytes + bytes > limitBytes || batch.contains(candidate.key) { try commit(&batch) }
            batch.add(
                candidate.key, row, at: candidate.offset, old, payload: body[candidate.range], lsn: lsn)
        }
    }

    /// As they are now, and the commit as of which they are.
    private func currentRows(_ keys: [[UInt8]]) throws(StorageError) -> (rows: [[UInt8]?], lsn: UInt64) {
        do throws(MetadataReadError<StorageError>) {
            return try view.read { (snapshot) throws(StorageError) in
                var rows: [[UInt8]?] = []
                rows.reserveCapacity(keys.count)
                for key in keys { rows.append(try snapshot.encodedRow(key)) }
                return (rows, snapshot.lsn)
            }
        } catch {
            switch error {
            case .storage(let error), .body(let error): throw error
            }
        }
    }

    // MARK: Committing

    private struct Outcome {
        /// Which rows were still where they had been.
        var moved: [Int] = []
        var completion: CommitRequest.Completion?
    }

    private mutating func commit(_ batch: inout MoveBatch) throws(StorageError) {
        let moving = batch
        batch = MoveBatch()
        guard !moving.isEmpty else { return }
        if let reserveBytes, movedBytes + overheadBytes + UInt64(moving.sizeBytes) > reserveBytes {
            throw StorageError(
                .diskFull,
                "on the full disk there is no room to move the rest of a segment; delete something, or make room")
        }
        let start = ContinuousClock.now
        var prefetched = PrefetchedRows(rows: moving.rows.map(\.encoded), lsn: moving.lsn)
        while true {
            let outcome = submit(moving, prefetched)
            switch outcome.completion {
            case .committed: note(moving, outcome.moved)
            case .stale:
                let (rows, lsn) = try currentRows(moving.rows.map(\.key))
                prefetched = PrefetchedRows(rows: rows, lsn: lsn)
                continue
            case .failed(let error): throw error
            case .refused, nil: break
            }
            return try pause(UInt64(start.duration(to: .now) / .nanoseconds(1)))
        }
    }

    private func submit(_ batch: MoveBatch, _ prefetched: PrefetchedRows) -> Outcome {
        let outcome = Monitor(Outcome())
        let request = CommitRequest(
            origin: .compaction, reads: batch.rows.map(\.key), prefetched: prefetched, attachments: batch.payloads,
            // What followers and images keep is worth more than tidiness.
            mayGiveUpHolds: false,
            decide: { [rows = batch.rows, isFreeing = reserveBytes != nil] view in
                var moved: [Int] = []
                var mutations: [RowMutation] = []
                for (index, (row, now)) in zip(rows, view.rows).enumerated() {
                    guard let now, now.payload == row.old else { continue }
                    moved.append(index)
                    mutations.append(
                        RowMutation(key: row.key, change: .put(value: now.value, payload: .attachment(row.attachment))))
                }
                outcome.withLock { [moved] in $0.moved = moved }
                return moved.isEmpty ? nil : DecidedCommit(mutations: mutations, frees: isFreeing)
            },
            complete: { completion in
                outcome.withLock { $0.completion = completion }
                outcome.signal()
            })
        guard queue.submit(request) else {
            return Outcome(completion: .failed(CompactionControl.closed))
        }
        return outcome.wait(until: { $0.completion != nil }, { $0 })
    }

    private mutating func note(_ batch: MoveBatch, _ moved: [Int]) {
        for row in moved.map({ batch.rows[$0] }) {
            movedRows += 1
            movedBytes += UInt64(batch.payloads[row.attachment].count)
            overheadBytes += UInt64(MoveBatch.overheadBytes(key: row.key, encoded: row.encoded))
        }
    }
}
