internal import StrongroomJournal
internal import StrongroomSystem

/// A reader's stay in an epoch, for as long as it lives.
final class EpochPin: Sendable {
    private let epochs: ReadEpochs
    private let epoch: UInt64

    init(_ epochs: ReadEpochs) {
        self.epochs = epochs
        epoch = epochs.enter()
    }

    deinit { epochs.leave(epoch) }
}

final class EmbeddedPinnedRow: PinnedRow {
    let row: StoredRow
    let lsn: UInt64
    private let pin: EpochPin
    private let core: StorageCore

    init(row: StoredRow, lsn: UInt64, pin: EpochPin, core: StorageCore) {
        self.row = row
        self.lsn = lsn
        self.pin = pin
        self.core = core
    }

    func payloadBytes() async throws(StorageError) -> [UInt8] {
        switch row.payload {
        case .none: return []
        case .inline(let bytes): return bytes
        case .segment(let id, let offset, let lengthBytes):
            try core.gate.enter()
            defer { core.gate.leave() }
            try checkPlace(segmentID: id, offset: offset, lengthBytes: lengthBytes)
            // What the page cache has takes no hop between threads.
            let cached = core.journal.reader.cachedBytes(segmentID: id, at: offset, count: Int(lengthBytes))
            if let cached { return cached }
            return try await core.pool.run { [reader = core.journal.reader, pin] () throws(StorageError) in
                defer { withExtendedLifetime(pin) {} }
                return try reader.read(segmentID: id, at: offset, count: Int(lengthBytes))
            }
        case .blob: preconditionFailure("a payload in a blob is opened, not copied")
        }
    }

    /// Where a payload lies is not authenticated, for it moves: a damaged or forged length must not make
    /// anybody reserve memory for bytes that no segment has.
    private func checkPlace(segmentID: UInt64, offset: UInt64, lengthBytes: UInt32) throws(StorageError) {
        // What today's journal would write at most needs no look at the segment: reading checks its bounds.
        guard Int(lengthBytes) > core.journal.maximumBodyBytes else { return }
        let segment = core.journal.segments().first { $0.id == segmentID }
        let end = offset.addingReportingOverflow(UInt64(lengthBytes))
        if let segment, !end.overflow, end.partialValue <= segment.sizeBytes { return }
        throw StorageError(
            .corrupted,
            "the row's payload of \(lengthBytes) bytes is in segment \(segmentID), which has no such place; "
                + "run verify, then repair", path: segment?.path, offset: offset)
    }
}
