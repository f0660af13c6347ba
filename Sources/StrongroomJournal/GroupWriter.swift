internal import StrongroomSystem
internal import SystemPackage

/// The writing end of the journal: gathers a group, writes it whole, syncs once.
///
/// Invariants: `durableLSN <= lastLSN`; frames of the group stand at `current.position` and fit its
/// segment with one block to spare (for the seal); nothing is written after a failure.
struct GroupWriter: Sendable {
    struct Current {
        var header: SegmentHeader
        var file: any StorageFile
        /// Where the next group goes: a multiple of the block size.
        var position: UInt64
        /// Was taken from the reserve, which has not been filled up since: what frees no space is refused.
        var isReserve: Bool
    }

    /// A segment that has its name, which is not durable yet. Its header says where the log goes on, so
    /// nothing may be added to `current` any more.
    private struct Unfinished {
        var header: SegmentHeader
        var file: any StorageFile
        var isReserve: Bool
    }

    let directory: FilePath
    let fileSystem: any FileSystem
    let storeID: [UInt8]
    let random: any RandomSource
    let configuration: JournalConfiguration
    let preparer: SegmentPreparer

    /// Nil until the first group after an opening that cannot go on in the newest segment.
    private(set) var current: Current?
    /// Set while `current` ends with a close frame.
    private var mustMarkReopening = false
    private var unfinished: Unfinished?
    private var newestID: UInt64
    /// LSN of the last record added, written or not.
    private(set) var lastLSN: UInt64
    private(set) var durableLSN: UInt64
    private var group = GroupBuffer()
    /// Why nothing more may be written.
    private var poison: StorageError?
    private var isClosed = false
    /// Whether the last frame already says that everything was synced.
    private var endsWithPromise: Bool

    init(
        directory: FilePath, fileSystem: any FileSystem, storeID: [UInt8], random: any RandomSource,
        configuration: JournalConfiguration, preparer: SegmentPreparer, newestID: UInt64, lastLSN: UInt64,
        endsWithPromise: Bool, resuming current: Current?
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.storeID = storeID
        self.random = random
        self.configuration = configuration
        self.preparer = preparer
        self.newestID = newestID
        self.lastLSN = lastLSN
        self.durableLSN = lastLSN
        self.endsWithPromise = endsWithPromise
        self.current = current
        self.mustMarkReopening = current != nil
    }

    /// What a rolled segment leaves behind: for the list of segments.
    struct Roll {
        var sealedID: UInt64?
        var started: SegmentHeader
        var path: FilePath
    }

    /// Behind the last group of the current segment.
    var roomBytes: UInt64 { current.map { $0.header.sizeBytes - min($0.position, $0.header.sizeBytes) } ?? 0 }

    // MARK: Groups

    /// Adds a record to the group. Nil if it does not fit the group any more: write that first.
    mutating func add(
        _ type: FrameType, lsn: UInt64, pieces: [[UInt8]], mayUseReserve: Bool, onRoll: (Roll) -> Void
    ) throws(StorageError) -> FrameLocation? {
        try requireUsable()
        precondition(type.isRecord, "the journal writes its other frames itself")
        precondition(lsn == lastLSN + 1, "records have consecutive LSNs: \(lastLSN) is followed by \(lsn)")
        let bodyBytes = pieces.reduce(0) { $0 + $1.count }
        guard bodyBytes <= configuration.maximumBodyBytes else {
            throw StorageError(
                .limitExceeded,
                "a record of \(bodyBytes) bytes exceeds the journal's limit of \(configuration.maximumBodyBytes)")
        }
        let frameBytes = FrameHeader.sizeBytes + bodyBytes
        if group.isEmpty {
            if !fits(frameBytes) {
                onRoll(try roll(mayUseReserve: mayUseReserve))
                try requireRoom(frameBytes)
            }
            if !mayUseReserve { try leaveReserve() }
            if mustMarkReopening { try markReopening() }
        } else if current?.isReserve == true, !mayUseReserve {
            return nil
        } else if group.count + frameBytes > configuration.groupLimitBytes || !fits(group.count + frameBytes) {
            return nil
        }
        guard let current else { preconditionFailure("rolling makes a current segment") }
        lastLSN = lsn
        let offset = group.append(
            type: type, lsn: lsn, syncedLSN: durableLSN, salt: current.header.salt, pieces: pieces)
        return FrameLocation(segmentID: current.header.segmentID, bodyOffset: current.position + UInt64(offset))
    }

    /// Writes the group in one piece and syncs once. On return its records are durable.
    mutating func write() throws(StorageError) {
        try requireUsable()
        guard !group.isEmpty else { return }
        try writeGroupBuffer()
        durableLSN = lastLSN
        endsWithPromise = false
    }

    /// Writes and syncs a frame that says that everything before it is durable.
    mutating func writeIdle(onRoll: (Roll) -> Void) throws(StorageError) {
        try requireUsable()
        precondition(group.isEmpty, "a committer with a group is not idle")
        guard !endsWithPromise else { return }
        if fits(FrameHeader.sizeBytes) {
            try writeControl(.idle)
        } else {
            // The next segment's header makes the same promise.
            onRoll(try roll(mayUseReserve: false))
        }
        endsWithPromise = true
    }

    /// Ends the journal in order. Idempotent; throws if it was poisoned.
    mutating func close() throws(StorageError) {
        guard !isClosed else { return }
        defer { isClosed = true }
        try requireUsable()
        precondition(group.isEmpty, "the group must be written before the journal is closed")
        guard !mustMarkReopening, unfinished == nil, let current, current.position < current.header.sizeBytes else {
            return
        }
        try writeControl(.close)
    }

    // MARK: Segments

    private func fits(_ bytes: Int) -> Bool {
        guard unfinished == nil, let current else { return false }
        let end = (current.position + UInt64(bytes)).roundedUpToBlock
        return end + JournalConfiguration.blockBytes <= current.header.sizeBytes
    }

    /// Throws if a new segment has no room for a record that the limit allows. None is made so small; but a frame
    /// that went past the segment's end would be acknowledged, and refused at the next opening.
    private mutating func requireRoom(_ bytes: Int) throws(StorageError) {
        guard !fits(bytes) else { return }
        try poisoning { (writer) throws(StorageError) in
            throw StorageError(
                .limitExceeded, "a frame of \(bytes) bytes does not fit a new segment of \(writer.roomBytes) free bytes"
            )
        }
    }

    /// Starts the next segment. Throws `diskFull`, with nothing changed, if none can be had, and
    /// `descriptorLimit` where its directory cannot be opened: the next call goes on from there.
    private mutating func roll(mayUseReserve: Bool) throws(StorageError) -> Roll {
        let next: Unfinished
        if let unfinished { next = unfinished } else { next = try startSegment(mayUseReserve: mayUseReserve) }
        unfinished = next
        let header = next.header
        let sealedID = current?.header.segmentID
        try poisoning { (writer) throws(StorageError) in
            try writer.fileSystem.synchronizeDirectory(writer.directory)
            try writer.seal(successorID: header.segmentID)
            // The descriptor stays, although its path is the spare's: opening another one could fail.
            writer.current = Current(
                header: header, file: next.file, position: SegmentHeader.regionBytes, isReserve: next.isReserve)
        }
        unfinished = nil
        newestID = header.segmentID
        mustMarkReopening = false
        return Roll(sealedID: sealedID, started: header, path: path(of: header.segmentID))
    }

    /// Makes a spare file the successor of the newest segment; its name is not durable yet.
    private mutating func startSegment(mayUseReserve: Bool) throws(StorageError) -> Unfinished {
        let spare = try preparer.take(mayUseReserve: mayUseReserve)
        // Asked after the taking: while the reserve is short, what was taken belongs to it.
        let isReserve = mayUseReserve && !preparer.hasReserve
        let header = SegmentHeader(
            segmentID: newestID + 1, storeID: storeID, predecessorID: newestID, predecessorLastLSN: lastLSN,
            salt: random.bytes(8).withRaw { $0.littleEndian(at: 0, as: UInt64.self) }, sizeBytes: spare.sizeBytes)
        try poisoning { (writer) throws(StorageError) in
            try spare.file.write(header.encoded(), at: 0)
            try spare.file.synchronizeData()
            try writer.fileSystem.rename(spare.file.path, to: writer.path(of: header.segmentID))
        }
        return Unfinished(header: header, file: spare.file, isReserve: isReserve)
    }

    private func path(of segmentID: UInt64) -> FilePath { SegmentName.segment(id: segmentID).path(in: directory) }

    /// Throws `diskFull` while `current` is all that there is for commits that free space.
    private mutating func leaveReserve() throws(StorageError) {
        guard current?.isReserve == true else { return }
        try preparer.restoreReserve()
        current?.isReserve = false
    }

    /// Names the successor at the end of the current segment, so that its loss is noticed.
    private mutating func seal(successorID: UInt64) throws(StorageError) {
        // After a close frame in the last block there is no room, and none is made: only a damaged
        // file system loses a segment whose directory was synced.
        guard let current, current.position < current.header.sizeBytes else { return }
        var body = [UInt8](repeating: 0, count: 8)
        body.store(littleEndian: successorID, at: 0)
        try writeControl(.seal, body: body)
    }

    /// The close frame must not stay the last one while groups are written behind it: another opening
    /// would take a torn group for untouched space and write over it with the same salt.
    private mutating func markReopening() throws(StorageError) {
        try writeControl(.idle)
        mustMarkReopening = false
    }

    private mutating func writeControl(_ type: FrameType, body: [UInt8] = []) throws(StorageError) {
        guard let current else { preconditionFailure("control frames end a current segment") }
        assert(group.isEmpty)
        _ = group.append(
            type: type, lsn: lastLSN, syncedLSN: durableLSN, salt: current.header.salt, pieces: [body])
        try writeGroupBuffer()
    }

    private mutating func writeGroupBuffer() throws(StorageError) {
        group.finish()
        try poisoning { (writer) throws(StorageError) in
            guard let current = writer.current else { preconditionFailure("a group has a segment") }
            assert(current.position % JournalConfiguration.blockBytes == 0)
            assert(current.position + UInt64(writer.group.count) <= current.header.sizeBytes)
            if writer.group.holdsPayloads {
                try current.file.write(writer.group.bytes, at: current.position)
                try current.file.synchronizeData()
            } else {
                // Rows go to the tables: only recovery and followers read these bytes again.
                try current.file.writeThrough(writer.group.bytes, at: current.position)
            }
            writer.current?.position += UInt64(writer.group.count)
        }
        group.removeAll()
    }

    // MARK: Poison

    private func requireUsable() throws(StorageError) {
        if let poison { throw poison }
        if isClosed { throw StorageError(.closed, "the journal is closed", path: directory) }
    }

    /// After the first failed write or sync nobody knows what the disk has: Linux marks the pages
    /// clean, and the next sync succeeds without them.
    private mutating func poisoning(
        _ body: (inout GroupWriter) throws(StorageError) -> Void
    ) throws(StorageError) {
        do throws(StorageError) {
            try body(&self)
        } catch  where error.code == .durabilityUnknown || error.code == .descriptorLimit {
            // Without a descriptor for the directory nothing was written, and nothing has failed to be synced.
            throw error
        } catch {
            let poison = StorageError(
                .durabilityUnknown,
                "writing the journal failed (\(error.code): \(error.message)); close the store and open it again",
                path: current.map { SegmentName.segment(id: $0.header.segmentID).path(in: directory) } ?? error.path,
                offset: error.offset, systemError: error.systemError)
            self.poison = poison
            throw poison
        }
    }
}

extension JournalConfiguration {
    /// The longest body that fits any segment: one of the smallest size, its header, a frame, a seal.
    var maximumBodyBytes: Int {
        Int(initialSegmentBytes - SegmentHeader.regionBytes - Self.blockBytes) - FrameHeader.sizeBytes
    }
}
