internal import StrongroomSystem
internal import SystemPackage

/// Finds out what the journal holds, and what of it is to be replayed.
///
/// The rules that tell a torn tail (the last, unacknowledged group; cut off silently) from corruption
/// (nothing is changed) are in `Journal`'s documentation.
struct JournalRecovery {
    /// A segment file with a good header.
    struct Segment {
        var header: SegmentHeader
        var path: FilePath
    }

    struct Outcome {
        var segments: [SegmentInfo] = []
        var lastLSN: UInt64
        /// Where the newest segment can take the next group: only after an orderly close, for only then
        /// is it sure that no stale frame with its salt lies behind.
        var resume: (header: SegmentHeader, position: UInt64)?
        var newestID: UInt64 = 0
        /// Every record after this is in a segment that is there; records before may be, too.
        var reachLSN: UInt64 = 0
        /// Whether damage to the last record would be seen: records that were recovered from a torn
        /// tail have no promise behind them yet.
        var endsWithPromise = true
        var spares: [(name: SegmentName, sizeBytes: UInt64)] = []
        /// Files that a crash left half prepared.
        var leftovers: [FilePath] = []
        var nextNumber: UInt64 = 1
    }

    let directory: FilePath
    let fileSystem: any FileSystem
    let storeID: [UInt8]
    /// Records after this one are replayed.
    let appliedLSN: UInt64
    /// The journal must reach this far at least.
    let durableLSN: UInt64
    /// Files that count as if they were not there.
    var ignored: Set<FilePath> = []
    /// Headers that are not read; by the segment's id.
    var rebuilt: [UInt64: SegmentHeader] = [:]

    func run(_ replay: (FrameLocation, JournalFrame) throws(StorageError) -> Void) throws(StorageError) -> Outcome {
        let names = try fileSystem.list(directory).compactMap { SegmentName($0) }
        let segments = try readHeaders(of: names)
        let chain = try chain(segments)
        try synchronize(chain)

        var outcome = Outcome(lastLSN: 0)
        try survey(names, into: &outcome)
        for (index, segment) in chain.enumerated() {
            let limit = index + 1 < chain.count ? chain[index + 1].header.predecessorLastLSN : nil
            try read(segment, upTo: limit, into: &outcome, replay)
        }
        guard outcome.lastLSN >= durableLSN else {
            throw StorageError(
                .corrupted,
                "the journal ends at LSN \(outcome.lastLSN), but LSN \(durableLSN) was durable; "
                    + "put the missing segments back, run repair for what can be had without, or restore a backup",
                path: chain.last?.path ?? directory)
        }
        outcome.segments = infos(segments)
        outcome.newestID = segments.last?.header.segmentID ?? 0
        guard max(outcome.lastLSN, outcome.newestID) < JournalNumber.greatestEnd else {
            throw StorageError(
                .corrupted,
                "the journal ends with segment \(outcome.newestID) at LSN \(outcome.lastLSN), where no store comes to; "
                    + "restore a backup",
                path: chain.last?.path ?? directory)
        }
        outcome.reachLSN = reach(segments)
        return outcome
    }

    // MARK: Headers and the chain

    private func readHeaders(of names: [SegmentName]) throws(StorageError) -> [Segment] {
        var segments: [Segment] = []
        for case .segment(let id) in names {
            let path = SegmentName.segment(id: id).path(in: directory)
            guard !ignored.contains(path) else { continue }
            if let header = rebuilt[id] {
                segments.append(Segment(header: header, path: path))
                continue
            }
            let file = try fileSystem.open(path, .readOnly)
            let header = try SegmentHeader.read(file, segmentID: id, storeID: storeID)
            segments.append(Segment(header: header, path: path))
        }
        return segments.sorted { $0.header.segmentID < $1.header.segmentID }
    }

    /// The segments to read, oldest first: the newest, and back until one begins at or before `appliedLSN`.
    private func chain(_ segments: [Segment]) throws(StorageError) -> [Segment] {
        guard var index = segments.indices.last else { return [] }
        var first = segments[index].header
        while first.predecessorLastLSN > appliedLSN {
            let successor = segments[index]
            guard index > 0, segments[index - 1].header.segmentID == first.predecessorID else {
                let isMissing = index == 0 || segments[index - 1].header.segmentID < first.predecessorID
                throw StorageError(
                    .corrupted,
                    isMissing
                        ? "segment \(first.predecessorID) is missing, which holds records up to LSN "
                            + "\(first.predecessorLastLSN) that the catalog lacks; put the file back, "
                            + "or run repair for what can be had without it"
                        : "segment \(segments[index - 1].header.segmentID) belongs to no chain; "
                            + "run repair, or restore from a backup",
                    path: successor.path)
            }
            index -= 1
            let predecessor = segments[index].header
            guard predecessor.predecessorLastLSN <= first.predecessorLastLSN else {
                throw StorageError(
                    .corrupted,
                    "the segment begins after its successor; run repair, or restore the file from a backup",
                    path: segments[index].path)
            }
            first = predecessor
        }
        return Array(segments[index...])
    }

    /// How far back the newest segment's chain goes without a gap.
    private func reach(_ segments: [Segment]) -> UInt64 {
        guard var first = segments.last?.header else { return appliedLSN }
        for predecessor in segments.reversed().dropFirst().map(\.header) {
            guard predecessor.segmentID == first.predecessorID else { break }
            first = predecessor
        }
        return first.predecessorLastLSN
    }

    /// What a process reads after a crash may still be in memory only: it must not be acted on
    /// (checkpointed, then recycled) before it would survive another one. And after a sync that failed
    /// it may be in memory for ever, as if it were clean: so it is read from the device.
    private func synchronize(_ chain: [Segment]) throws(StorageError) {
        try fileSystem.synchronizeDirectory(directory)
        for segment in chain {
            let file = try fileSystem.open(segment.path, .readWrite)
            try file.synchronizeData()
            try file.evictCachedPages()
        }
    }

    private func survey(_ names: [SegmentName], into outcome: inout Outcome) throws(StorageError) {
        for name in names {
            switch name {
            case .segment: break
            case .spare(let number):
                outcome.nextNumber = max(outcome.nextNumber, number + 1)
                let status = try fileSystem.status(name.path(in: directory))
                outcome.spares.append((name, status?.sizeBytes ?? 0))
            case .preparing(let number):
                outcome.nextNumber = max(outcome.nextNumber, number + 1)
                outcome.leftovers.append(name.path(in: directory))
            }
        }
    }

    private func infos(_ segments: [Segment]) -> [SegmentInfo] {
        segments.indices.map { index in
            let header = segments[index].header
            let next = index + 1 < segments.count ? segments[index + 1].header : nil
            return SegmentInfo(
                id: header.segmentID, predecessorID: header.predecessorID, path: segments[index].path,
                sizeBytes: header.sizeBytes, lsnBefore: header.predecessorLastLSN,
                lastLSN: next?.predecessorLastLSN ?? .max,
                state: next == nil ? .newest : .sealed)
        }
    }

    // MARK: Frames

    /// Reads one segment: up to `limit`, which its successor names, or to where the log ends.
    private func read(
        _ segment: Segment, upTo limit: UInt64?, into outcome: inout Outcome,
        _ replay: (FrameLocation, JournalFrame) throws(StorageError) -> Void
    ) throws(StorageError) {
        let file = try fileSystem.open(segment.path, .readOnly)
        var scanner = SegmentScanner(file, header: segment.header)
        // Beyond the limit may lie a torn tail that an earlier recovery cut off.
        while limit.map({ scanner.lastLSN < $0 }) ?? true {
            switch try scanner.next(bodiesAfter: appliedLSN) {
            case .frame(let frame, let location, let body):
                guard frame.type.isRecord, frame.lsn > appliedLSN, let body else { continue }
                try replay(
                    location, JournalFrame(type: frame.type, lsn: frame.lsn, syncedLSN: frame.syncedLSN, body: body))
            case .end(let end):
                if let limit {
                    throw scanner.corrupted(
                        "the segment ends at LSN \(scanner.lastLSN), but its successor says it reaches LSN \(limit)")
                }
                try judge(end, &scanner)
                // Whoever closes ends a group, and so a block.
                if scanner.lastType == .close, end != .damagedBody,
                    scanner.position == scanner.position.roundedUpToBlock
                {
                    outcome.resume = (segment.header, scanner.position)
                }
                outcome.endsWithPromise = scanner.lastType.map { !$0.isRecord } ?? true
                outcome.lastLSN = scanner.lastLSN
                return
            }
        }
        outcome.lastLSN = scanner.lastLSN
    }

    /// Returns if the end of the newest segment may be a torn tail, else throws.
    private func judge(_ end: SegmentScanner.End, _ scanner: inout SegmentScanner) throws(StorageError) {
        let missingLSN = scanner.lastLSN &+ 1
        guard missingLSN > durableLSN else {
            throw scanner.corrupted("the journal breaks off before LSN \(missingLSN), which was durable")
        }
        if let successorID = scanner.successorID {
            throw scanner.corrupted("the journal goes on in segment \(successorID), which is missing")
        }
        guard end != .full else { return }
        if let promise = try scanner.laterPromise(of: missingLSN) {
            throw scanner.corrupted(
                "the frame of LSN \(missingLSN) is damaged; the one at byte \(promise) says it was durable")
        }
    }
}

extension SegmentHeader {
    /// Reads and checks both copies. One good copy serves.
    static func read(
        _ file: any StorageFile, segmentID: UInt64, storeID: [UInt8]?
    ) throws(StorageError) -> SegmentHeader {
        let bytes = try file.readBytes(at: 0, count: Int(regionBytes))
        var copies: [SegmentHeader] = []
        for copy in 0..<Self.copies where bytes.count >= (copy + 1) * copyBytes {
            switch bytes.withRaw({ decode($0.extracting(copy * copyBytes..<(copy + 1) * copyBytes)) }) {
            case .success(let header): copies.append(header)
            case .failure(.damaged): break
            case .failure(.unsupportedFormat(let format)):
                throw StorageError(
                    .unsupportedFormat,
                    "the segment has format \(format), which this version does not know; use a newer version",
                    path: file.path)
            }
        }
        guard let header = copies.first else {
            throw StorageError(
                .corrupted,
                "both copies of the segment's header are damaged; run repair, or restore the file from a backup",
                path: file.path, offset: 0)
        }
        func refuse(_ message: String) -> StorageError {
            StorageError(
                .corrupted, "\(message); run repair, or restore the file from a backup", path: file.path, offset: 0)
        }
        guard copies.allSatisfy({ $0 == header }) else { throw refuse("the two copies of the segment's header differ") }
        guard header.segmentID == segmentID else { throw refuse("the file is segment \(header.segmentID)") }
        guard storeID == nil || storeID == header.storeID else { throw refuse("the segment belongs to another store") }
        guard header.predecessorID < segmentID else { throw refuse("the segment names a predecessor after itself") }
        guard try file.sizeBytes() >= header.sizeBytes, header.sizeBytes >= JournalConfiguration.smallestSegmentBytes
        else { throw refuse("the segment is shorter than the \(header.sizeBytes) bytes it was made with") }
        return header
    }
}
