internal import StrongroomCrypto
internal import StrongroomSystem
internal import SystemPackage

/// The writing end of a log: makes groups of records durable, signs checkpoints. All calls block; one thread at a time.
///
/// Invariants: everything in `frontier` is durable; nothing is written once a sync has failed; the anchor is never
/// ahead of the log.
package struct AuditLogWriter: Sendable {
    struct Current: Sendable {
        var header: AuditSegmentHeader
        var file: any StorageFile
        /// Where the next frame goes.
        var position: Int
        /// The end of what is reserved: zeros, durable.
        var reservedEnd: Int
    }

    package let files: AuditFiles
    let fileSystem: any FileSystem
    let random: any RandomSource
    let signer: AuditSigner
    let configuration: AuditLogConfiguration
    let lock: any FileLock

    private(set) var current: Current
    /// The tree over all records.
    package private(set) var frontier: MerkleFrontier
    /// Hashes of the records since the newest checkpoint.
    private(set) var unsigned: [MerkleHash]
    /// The newest checkpoint in the log.
    package private(set) var newest: SignedCheckpoint?
    private var isAnchorBehind: Bool
    /// Whether a write that failed may have left something behind `position`.
    private var mustCutBack = false
    /// Whether the next segment may be there already: then nothing more belongs in this one.
    private var isRolling = false
    /// Why nothing more may be written.
    private var poison: AuditError?

    init(
        _ opening: AuditLogOpening, _ lock: any FileLock, _ current: Current, _ found: FoundLog, isAnchorBehind: Bool
    ) {
        files = opening.files
        fileSystem = opening.fileSystem
        random = opening.random
        configuration = opening.configuration
        signer = found.signer
        self.lock = lock
        self.current = current
        frontier = found.frontier
        unsigned = found.unsigned
        newest = found.newest
        self.isAnchorBehind = isAnchorBehind
    }

    /// How many records there are.
    package var size: UInt64 { frontier.size }
    package var origin: String { signer.key.name }
    package var key: AuditVerifierKey { signer.key }
    /// Whether there are records that no checkpoint covers.
    package var hasUnsigned: Bool { !unsigned.isEmpty }
    /// Whether nothing can be written any more.
    package var isPoisoned: Bool { poison != nil }
    package var mustCheckpoint: Bool { unsigned.count >= configuration.recordsPerCheckpointMax }

    // MARK: Records

    /// Adds records; they are durable when this returns. Returns the index of the first.
    package mutating func append(_ records: [[UInt8]]) throws(AuditError) -> UInt64 {
        try requireUsable()
        try bringAnchorUp()
        let first = frontier.size
        if records.isEmpty { return first }
        var sizeBytes = 0
        for record in records {
            precondition((1...AuditRecord.sizeBytesMax).contains(record.count), "a record of \(record.count) bytes")
            sizeBytes += AuditFrameHeader.sizeBytes + record.count
        }
        if isRolling || !fits(sizeBytes) { try roll() }
        var group: [UInt8] = []
        group.reserveCapacity(sizeBytes)
        for (index, record) in records.enumerated() {
            AuditFrameHeader.append(
                .record, index: first + UInt64(index), durableEnd: current.position, salt: current.header.salt,
                body: record,
                to: &group)
        }
        try write(group)
        for record in records {
            let leaf = MerkleHash.leaf(record)
            frontier.append(leaf)
            unsigned.append(leaf)
        }
        return first
    }

    /// Signs what there is; nothing new where the newest checkpoint says it already. It is durable, and in the anchor,
    /// when this returns.
    package mutating func checkpoint() throws(AuditError) -> SignedCheckpoint {
        try requireUsable()
        try poisoning { (writer) throws(StorageError) in try writer.cutBack() }
        if let newest, unsigned.isEmpty {
            try bringAnchorUp()
            return newest
        }
        let signed = try SignedCheckpoint(
            signing: Checkpoint(origin: origin, size: frontier.size, root: frontier.root), by: signer)
        var group: [UInt8] = []
        AuditFrameHeader.append(
            .checkpoint, index: frontier.size, durableEnd: current.position, salt: current.header.salt,
            body: CheckpointFrame(hashes: unsigned, note: signed.note).encoded(), to: &group)
        try write(group)
        unsigned = []
        newest = signed
        isAnchorBehind = true
        try bringAnchorUp()
        return signed
    }

    /// Signs what there is, and lets others write. Nothing can be written afterwards. Fails where what was written last
    /// may not be there: what could not be signed is signed by whoever opens the log next.
    package mutating func close() throws(AuditError) {
        defer {
            current.file.close()
            lock.release()
            poison = poison ?? AuditError(.closed, "The audit log \(files.folder) has been closed; open it again.")
        }
        _ = try checkpoint()
    }

    // MARK: Segments

    private func fits(_ sizeBytes: Int) -> Bool {
        current.position == AuditSegmentHeader.regionBytes
            || current.position + sizeBytes <= configuration.segmentSizeBytesMax
    }

    /// Ends the segment with a checkpoint, and starts the next one.
    private mutating func roll() throws(AuditError) {
        _ = try checkpoint()
        isRolling = true
        let next = try poisoning { (writer) throws(StorageError) in
            try Self.startSegment(
                AuditSegmentHeader(
                    origin: writer.origin, salt: writer.random.salt(), before: writer.frontier),
                writer.files, writer.fileSystem)
        }
        current.file.close()
        current = next
        isRolling = false
    }

    /// Makes a segment that is there whole, with its header, or not at all.
    static func startSegment(
        _ header: AuditSegmentHeader, _ files: AuditFiles, _ fileSystem: any FileSystem
    ) throws(StorageError) -> Current {
        let path = files.segment(header.firstIndex)
        try fileSystem.replace(path, with: header.encoded())
        let file = try fileSystem.open(path, .readWrite)
        return Current(
            header: header, file: file, position: AuditSegmentHeader.regionBytes,
            reservedEnd: AuditSegmentHeader.regionBytes)
    }

    private mutating func write(_ group: [UInt8]) throws(AuditError) {
        try poisoning { (writer) throws(StorageError) in
            try writer.cutBack()
            try writer.reserve(upTo: writer.current.position + group.count)
            writer.mustCutBack = true
            try writer.current.file.write(group, at: UInt64(writer.current.position))
            try writer.current.file.synchronizeData()
            writer.mustCutBack = false
            writer.current.position += group.count
        }
    }

    /// Takes away what a write that failed has left behind, for good: it may be whole frames.
    private mutating func cutBack() throws(StorageError) {
        guard mustCutBack else { return }
        try current.file.truncate(toBytes: UInt64(current.position))
        current.reservedEnd = current.position
        try current.file.synchronizeData()
        mustCutBack = false
    }

    private mutating func reserve(upTo end: Int) throws(StorageError) {
        guard end > current.reservedEnd else { return }
        let step = configuration.reservedBytes
        let newEnd = (end + step - 1) / step * step
        let zeros = [UInt8](repeating: 0, count: newEnd - current.reservedEnd)
        try current.file.write(zeros, at: UInt64(current.reservedEnd))
        try current.file.synchronizeData()
        current.reservedEnd = newEnd
    }

    // MARK: Anchor

    private mutating func bringAnchorUp() throws(AuditError) {
        guard isAnchorBehind, let newest else { return }
        do throws(StorageError) {
            try fileSystem.replace(files.anchor, with: Array(newest.note.utf8))
        } catch {
            // The next call tries again: a new file is written each time, so a sync that failed spoils nothing.
            throw AuditError(
                .unavailable,
                "The checkpoint cannot be written to \(files.anchor), and without it the audit log does not go on; make "
                    + "room there and see that it can be written.", underlying: error)
        }
        isAnchorBehind = false
    }

    // MARK: Poison

    private func requireUsable() throws(AuditError) {
        if let poison { throw poison }
    }

    /// A full disk can be freed, and the call repeated. After any other failure nobody knows what the disk has.
    private mutating func poisoning<Value>(
        _ body: (inout AuditLogWriter) throws(StorageError) -> Value
    ) throws(AuditError) -> Value {
        do throws(StorageError) {
            return try body(&self)
        } catch  where error.code == .diskFull || error.code == .descriptorLimit {
            throw AuditError(
                .unavailable, "The audit log \(files.folder) cannot grow, so nothing is released: \(error.message).",
                underlying: error)
        } catch {
            let failure = AuditError(
                .unavailable,
                "Writing the audit log \(files.folder) failed, so nothing more is released; look after the disk, then "
                    + "close the keyring and open it again.", underlying: error)
            poison = failure
            throw failure
        }
    }
}

extension RandomSource {
    func salt() -> UInt64 { bytes(8).littleEndian(at: 0, as: UInt64.self) }
}
