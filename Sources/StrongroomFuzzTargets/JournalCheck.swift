internal import StrongroomJournal
internal import StrongroomSimulation
internal import StrongroomSystem
internal import StrongroomTestSupport
internal import SystemPackage

/// A journal on a disk, and what must hold for it.
struct JournalCheck {
    let written: WrittenJournal
    let files: JournalFiles
    let bounds: CatalogBounds

    /// Whether files and catalog are as they were written.
    var isPlain: Bool {
        !files.isEdited && bounds.appliedLSN == written.baseLSN && bounds.containedLSN == written.baseLSN
    }

    func checkRecovery() throws(StorageError) {
        let disk = try WrittenJournal.disk(files.all)
        let isFaultless = try isFaultless(disk)
        let first = try opened(disk, seed: 101)
        guard isFaultless == nil || isFaultless == (first != nil) else {
            finding("a journal with a fault is opened, or one without is not")
        }
        guard let first else {
            guard !isPlain else { finding("a journal is refused as it was written") }
            return
        }
        checkRecords(first)
        guard let second = try opened(disk, seed: 102), second.records == first.records else {
            finding("another recovery gives something else")
        }
        try checkInspection(second, disk)
        try checkSealed(second)
        try checkGoingOn(second, disk)
    }

    private func opened(_ disk: SimulatedFileSystem, seed: UInt64) throws(StorageError) -> OpenedJournal? {
        try unlessRefused { () throws(StorageError) in
            try OpenedJournal(disk, appliedLSN: bounds.appliedLSN, containedLSN: bounds.containedLSN, seed: seed)
        }
    }

    /// Whether repair sees no reason why the journal could not be opened; nil where it would change headers first.
    private func isFaultless(_ disk: SimulatedFileSystem) throws(StorageError) -> Bool? {
        let found = try unlessRefused { () throws(StorageError) in
            try Journal.condition(
                directory: WrittenJournal.folder, fileSystem: disk, storeID: SimulatedMachine.storeID)
        }
        guard let found, found.unreadable.isEmpty, found.rebuiltPaths(in: WrittenJournal.folder).isEmpty else {
            return nil
        }
        let isFaultless = try unlessRefused { () throws(StorageError) -> Bool in
            let fault = try Journal.fault(
                directory: WrittenJournal.folder, fileSystem: disk, storeID: SimulatedMachine.storeID,
                appliedLSN: bounds.appliedLSN, containedLSN: bounds.containedLSN, in: found
            ) { (_, _) throws(StorageError) in }
            return fault == nil
        }
        return isFaultless ?? false
    }

    private func checkRecords(_ opened: OpenedJournal) {
        for (index, record) in opened.records.enumerated() {
            guard record.frame.lsn == bounds.appliedLSN &+ UInt64(index) &+ 1 else {
                finding("records are replayed that do not follow each other")
            }
            guard files.isForged || written.records[record.frame.lsn] == record.frame.body else {
                finding("a record is replayed that nobody has written")
            }
        }
        guard opened.journal.lastLSN == bounds.appliedLSN &+ UInt64(opened.records.count) else {
            finding("a journal goes on behind another record than the last one")
        }
        guard !isPlain || opened.records.count == written.records.count else { finding("a record is lost") }
    }

    // MARK: Inspection

    private func checkInspection(_ opened: OpenedJournal, _ disk: SimulatedFileSystem) throws(StorageError) {
        var visited: [JournalRecord] = []
        let report = try Journal.inspect(
            directory: WrittenJournal.folder, fileSystem: disk, storeID: SimulatedMachine.storeID,
            appliedLSN: bounds.appliedLSN
        ) { (place, frame) throws(StorageError) in
            visited.append(JournalRecord(place: place, frame: frame))
        }
        let chain = chain(opened.journal.segments())
        // Else there are records which the catalog has, and recovery hops over them.
        guard let oldest = chain.last, oldest.lsnBefore == bounds.appliedLSN else { return }
        let ids = Set(chain.map(\.id))
        guard visited.filter({ ids.contains($0.place.segmentID) }) == opened.records else {
            finding("inspection finds other records than recovery")
        }
        let paths = Set(chain.map(\.path))
        for error in report.findings {
            guard let path = error.path, paths.contains(path) else { continue }
            // One copy of a header serves, and the other's damage is told all the same.
            guard let offset = error.offset, offset < UInt64(JournalFile.headerRegionBytes) else {
                finding("inspection finds fault with what recovery takes: \(error)")
            }
        }
    }

    /// The segments that were read, newest first.
    private func chain(_ segments: [SegmentInfo]) -> [SegmentInfo] {
        var chain: [SegmentInfo] = []
        for segment in segments.reversed() {
            chain.append(segment)
            if segment.lsnBefore <= bounds.appliedLSN { break }
        }
        return chain
    }

    /// As compaction reads, which goes on behind damage.
    private func checkSealed(_ opened: OpenedJournal) throws(StorageError) {
        for segment in opened.journal.segments() where segment.state == .sealed {
            _ = try unlessRefused { () throws(StorageError) -> Void in
                var records = try opened.journal.records(of: segment)
                while try records.next() != nil {}
            }
        }
    }

    // MARK: Going on

    private func checkGoingOn(_ opened: OpenedJournal, _ disk: SimulatedFileSystem) throws(StorageError) {
        let lsn = opened.journal.lastLSN + 1
        guard lsn <= JournalNumber.greatestEnd else { return }
        let body = SampleCommit.body(lsn, payloadBytes: 0)
        guard let place = try opened.journal.add(lsn: lsn, pieces: [body]) else {
            finding("a record does not fit an empty group")
        }
        try opened.journal.writeGroup()
        try opened.journal.close()
        guard let again = try self.opened(disk, seed: 103) else {
            // Behind the end there may be what somebody has put there.
            guard !isPlain else { finding("a journal is refused that has gone on") }
            return
        }
        guard again.records.starts(with: opened.records), again.records.count > opened.records.count else {
            finding("a record is lost that was acknowledged")
        }
        let added = again.records[opened.records.count]
        guard added.place == place, added.frame.lsn == lsn, added.frame.body == body else {
            finding("a record comes back as another one")
        }
    }
}
