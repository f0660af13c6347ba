package import StrongroomSystem
internal import Synchronization
package import SystemPackage

/// The write-ahead log: the truth about what was acknowledged.
///
/// Segments of frames, written by one committer thread in groups: one write that starts at a block
/// and is padded to one, one sync, never across segments. No later write touches a sector that holds
/// acknowledged data. The bytes are described at `SegmentHeader` and `FrameHeader`.
///
/// **Torn tail or corruption.** Where the frames of the newest segment end, opening looks at the
/// blocks behind. A whole frame of the same salt that says it was written when the missing record
/// was durable means that acknowledged data is damaged: opening refuses, names file and offset, and
/// changes nothing. So do the catalog's `appliedLSN`, the idle frame, the close frame, and the seal,
/// which names a segment that must exist. Otherwise it is the torn tail of the last group, which
/// nobody was told about: it is ignored, and writing goes on in a new segment with a new salt. Every
/// older segment must reach the LSN that its successor names; what lies behind that is ignored. An
/// error of the device is an error, never the end of the log.
package final class Journal: Sendable {
    private struct Shelf {
        var segments: [SegmentInfo]
    }

    /// Reads payloads, from any thread.
    package let reader: JournalReader
    /// A longer record is refused with `limitExceeded`.
    package let maximumBodyBytes: Int
    /// How far back the journal went without a gap when it was opened: every record after this LSN was in it.
    package let reachLSN: UInt64

    private let directory: FilePath
    private let configuration: JournalConfiguration
    let fileSystem: any FileSystem
    let storeID: [UInt8]
    private let preparer: SegmentPreparer
    private let preparerThread: Mutex<DedicatedThread?>
    /// Held through writes and syncs; only the committer takes it, but for `close`.
    private let writer: Mutex<GroupWriter>
    private let shelf: Mutex<Shelf>

    /// Opens the journal in `directory`, which must exist, and replays what the catalog lacks.
    ///
    /// `replay` may have been called when this throws: whoever opens drops what it gathered.
    ///
    /// - Parameters:
    ///   - storeID: 16 bytes; segments of another store are refused.
    ///   - appliedLSN: the catalog has every record up to this one; later ones are replayed in order.
    ///   - containedLSN: the catalog has some records up to this one, so the journal must reach it.
    package static func open(
        directory: FilePath, fileSystem: any FileSystem, storeID: [UInt8], appliedLSN: UInt64,
        containedLSN: UInt64 = 0, random: any RandomSource, configuration: JournalConfiguration = .init(),
        replay: (FrameLocation, JournalFrame) throws(StorageError) -> Void
    ) throws(StorageError) -> Journal {
        precondition(storeID.count == 16, "a store id has 16 bytes")
        configuration.checkInvariants()
        let recovery = JournalRecovery(
            directory: directory, fileSystem: fileSystem, storeID: storeID, appliedLSN: appliedLSN,
            durableLSN: max(appliedLSN, containedLSN))
        let outcome = try recovery.run(replay)
        return try Journal(directory, fileSystem, storeID, random, configuration, outcome)
    }

    private init(
        _ directory: FilePath, _ fileSystem: any FileSystem, _ storeID: [UInt8], _ random: any RandomSource,
        _ configuration: JournalConfiguration, _ outcome: JournalRecovery.Outcome
    ) throws(StorageError) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.storeID = storeID
        self.configuration = configuration
        maximumBodyBytes = configuration.maximumBodyBytes
        reachLSN = outcome.reachLSN
        reader = JournalReader(
            directory: directory, fileSystem: fileSystem, descriptorsMaximum: configuration.readDescriptorsMaximum)
        let preparer = SegmentPreparer(
            directory: directory, fileSystem: fileSystem, configuration: configuration,
            spares: try Self.adoptSpares(outcome, directory, fileSystem, configuration),
            largestSegmentBytes: outcome.segments.map(\.sizeBytes).max(), nextNumber: outcome.nextNumber)
        self.preparer = preparer
        var current: GroupWriter.Current?
        if let (header, position) = outcome.resume {
            let path = SegmentName.segment(id: header.segmentID).path(in: directory)
            current = .init(
                header: header, file: try fileSystem.open(path, .readWrite), position: position,
                isReserve: !preparer.hasReserve)
        }
        writer = Mutex(
            GroupWriter(
                directory: directory, fileSystem: fileSystem, storeID: storeID, random: random,
                configuration: configuration, preparer: preparer, newestID: outcome.newestID,
                lastLSN: outcome.lastLSN, endsWithPromise: outcome.endsWithPromise, resuming: current))
        shelf = Mutex(Shelf(segments: outcome.segments))
        let thread =
            configuration.preparesInBackground
            ? DedicatedThread(name: "strongroom-segm") { preparer.run() } : nil
        preparerThread = Mutex(thread)
    }

    deinit {
        stopPreparing()
    }

    // MARK: Writing, by the committer alone

    /// LSN of the last record that was added or recovered.
    package var lastLSN: UInt64 { writer.withLock { $0.lastLSN } }

    /// Adds a record to the group and says where its body will lie. Nil if the group is full: write it,
    /// then add again.
    ///
    /// Throws `diskFull` where the next segment cannot be had. Nothing was written then, the journal
    /// stays usable, and a later call may succeed.
    ///
    /// - Parameters:
    ///   - lsn: one more than `lastLSN`.
    ///   - pieces: the body, in parts that need not be joined first.
    ///   - mayUseReserve: for commits that free space; they may take the last prepared segment.
    package func add(
        _ type: FrameType = .commit, lsn: UInt64, pieces: [[UInt8]], mayUseReserve: Bool = false
    ) throws(StorageError) -> FrameLocation? {
        try writer.withLock { (writer) throws(StorageError) in
            try writer.add(type, lsn: lsn, pieces: pieces, mayUseReserve: mayUseReserve, onRoll: note)
        }
    }

    /// Writes the group and syncs. Returns the LSN up to which everything is durable now.
    ///
    /// A failure poisons the journal: this and every later call throw `durabilityUnknown`.
    @discardableResult
    package func writeGroup() throws(StorageError) -> UInt64 {
        try writer.withLock { (writer) throws(StorageError) in
            try writer.write()
            return writer.durableLSN
        }
    }

    /// Writes and syncs a frame that promises everything before it, so that damage to the last group
    /// is not taken for a torn tail. For a committer without work; does nothing the second time.
    /// Throws `diskFull` where that takes a new segment and none can be had; no harm is done.
    package func writeIdleFrame() throws(StorageError) {
        try writer.withLock { (writer) throws(StorageError) in try writer.writeIdle(onRoll: note) }
    }

    /// Ends the thread that prepares segments, and waits for it: it must not make files under the next
    /// opening's hands. Writes no frame, so it is right after a failed write, too. Idempotent.
    package func stopPreparing() {
        preparer.stop()
        preparerThread.withLock { $0.take() }?.join()
    }

    /// Ends the journal in order, after the last group. Waits for its thread. Reading goes on.
    package func close() throws(StorageError) {
        stopPreparing()
        try writer.withLock { (writer) throws(StorageError) in try writer.close() }
    }

    // MARK: Segments

    /// All segments, oldest first.
    package func segments() -> [SegmentInfo] { shelf.withLock { $0.segments } }

    /// What is durable now. Waits for a group that is being written.
    package func extent() -> JournalExtent {
        // Both under the writer's lock, which a segment is begun under: else the list could have a segment
        // more than the LSN knows of, or one less.
        writer.withLock { writer in
            JournalExtent(lastLSN: writer.durableLSN, segmentIDs: segments().map(\.id))
        }
    }

    /// What can be written before the disk is asked for more. Waits for a group that is being written.
    package func room() -> JournalRoom {
        JournalRoom(currentBytes: writer.withLock { $0.roomBytes }, preparedBytes: preparer.readyBytes)
    }

    /// Removes recycled files beyond the next segment and the reserve, which gives their space back to the disk.
    package func removeSpares() throws(StorageError) {
        for spare in preparer.takeSpares() { try fileSystem.remove(spare.file.path) }
    }

    /// Gives a segment's space back: its file becomes a spare, or is removed if there are enough or it is smaller
    /// than segments are made now.
    ///
    /// The caller vouches that no row refers to a payload in it, and that nobody reads it any more.
    ///
    /// - Parameter appliedLSN: the catalog durably has every record up to this one.
    package func recycle(_ segmentID: UInt64, appliedLSN: UInt64) throws(StorageError) {
        guard let segment = segments().first(where: { $0.id == segmentID }) else {
            throw StorageError(.notFound, "there is no segment \(segmentID)", path: directory)
        }
        precondition(segment.state == .sealed, "the newest segment was to be recycled")
        precondition(segment.lastLSN <= appliedLSN, "a segment was to be recycled whose records the catalog lacks")
        reader.forget(segmentID)
        let spareName = SegmentName.spare(number: preparer.takeNumber())
        let path = spareName.path(in: directory)
        try fileSystem.rename(segment.path, to: path)
        let file: any StorageFile
        do throws(StorageError) {
            // Its header may be written anew only when the old name is durably gone: else a crash could
            // leave a segment's name with another segment's header.
            try fileSystem.synchronizeDirectory(directory)
            file = try fileSystem.open(path, .readWrite)
        } catch {
            // Its content is untouched, so either name is right; under the old one it can be tried again.
            try fileSystem.rename(path, to: segment.path)
            throw error
        }
        shelf.withLock { $0.segments.removeAll { $0.id == segmentID } }
        // A file of an opening with smaller segments may not hold the longest record of this one.
        let isTaken =
            configuration.takesFile(ofBytes: segment.sizeBytes)
            && preparer.offer(SpareSegment(file: file, sizeBytes: segment.sizeBytes))
        if !isTaken { try fileSystem.remove(path) }
    }

    private func note(_ roll: GroupWriter.Roll) {
        let header = roll.started
        shelf.withLock { shelf in
            for index in shelf.segments.indices where shelf.segments[index].state == .newest {
                shelf.segments[index].state = .sealed
            }
            if let last = shelf.segments.indices.last { shelf.segments[last].lastLSN = header.predecessorLastLSN }
            shelf.segments.append(
                SegmentInfo(
                    id: header.segmentID, predecessorID: header.predecessorID, path: roll.path,
                    sizeBytes: header.sizeBytes, lsnBefore: header.predecessorLastLSN, lastLSN: .max, state: .newest))
        }
    }

    private static func adoptSpares(
        _ outcome: JournalRecovery.Outcome, _ directory: FilePath, _ fileSystem: any FileSystem,
        _ configuration: JournalConfiguration
    ) throws(StorageError) -> [SpareSegment] {
        for path in outcome.leftovers { try fileSystem.remove(path) }
        var spares: [SpareSegment] = []
        for (name, sizeBytes) in outcome.spares {
            let path = name.path(in: directory)
            if configuration.takesFile(ofBytes: sizeBytes) && spares.count < configuration.spareSegmentsMaximum {
                spares.append(SpareSegment(file: try fileSystem.open(path, .readWrite), sizeBytes: sizeBytes))
            } else {
                try fileSystem.remove(path)
            }
        }
        return spares
    }
}
