internal import StrongroomJournal
internal import StrongroomSimulation
internal import StrongroomSystem
internal import StrongroomTestSupport
internal import SystemPackage

/// A journal that its writer has written in a life or two, and what was acknowledged.
struct WrittenJournal {
    static let folder = SimulatedMachine.directory.appending("journal")

    /// Segments as small as they can be, so that they roll; and none but the one that is needed.
    static let configuration: JournalConfiguration = {
        var configuration = JournalConfiguration()
        configuration.initialSegmentBytes = 64 << 10
        configuration.maximumSegmentBytes = 64 << 10
        configuration.reservedSegments = 0
        configuration.preparesInBackground = false
        return configuration
    }()

    /// The LSN before the first record: the catalog has everything up to there.
    let baseLSN: UInt64
    /// Bodies, by LSN.
    private(set) var records: [UInt64: [UInt8]] = [:]
    private(set) var files: [JournalFile] = []

    static func baseLSN(_ input: inout FuzzInput) -> UInt64 {
        let bases: [UInt64] = [0, 1, 1 << 32, JournalNumber.greatestEnd - 1000]
        return bases[Int(input.byte()) % bases.count]
    }

    init(_ input: inout FuzzInput, after baseLSN: UInt64) throws(StorageError) {
        self.baseLSN = baseLSN
        var disk = try Self.disk([])
        if baseLSN > 0 { try begin(on: disk) }
        for life in 0..<UInt64(input.byte() % 2) + 1 {
            let journal = try OpenedJournal(disk, appliedLSN: baseLSN, containedLSN: baseLSN, seed: life).journal
            try write(&input, to: journal)
            if input.byte().isMultiple(of: 2) { try journal.close() }
            // Nothing that was written is lost.
            disk = disk.kill(seed: life)
        }
        for name in try disk.list(Self.folder).sorted() {
            files.append(JournalFile(name: name, bytes: disk.contents(of: Self.folder.appending(name))))
        }
    }

    /// A disk with the folders of a store, and these files in that of its journal.
    static func disk(_ files: [JournalFile]) throws(StorageError) -> SimulatedFileSystem {
        let disk = SimulatedFileSystem(seed: 1)
        try disk.createDirectory(SimulatedMachine.directory)
        for name in ["journal", "blobs", "catalog"] {
            try disk.createDirectory(SimulatedMachine.directory.appending(name))
        }
        for file in files {
            let opened = try disk.open(folder.appending(file.name), .create)
            try opened.write(file.bytes, at: 0)
            try opened.synchronizeData()
        }
        return disk
    }

    /// As after a repair: the chain goes on from no other segment.
    private func begin(on disk: SimulatedFileSystem) throws(StorageError) {
        let storeID = SimulatedMachine.storeID
        let condition = try Journal.condition(directory: Self.folder, fileSystem: disk, storeID: storeID)
        try Journal.beginAnew(
            after: baseLSN, condition, directory: Self.folder, fileSystem: disk, storeID: storeID,
            random: SeededRandom(seed: 9, for: disk), configuration: Self.configuration)
    }

    private mutating func write(_ input: inout FuzzInput, to journal: Journal) throws(StorageError) {
        for _ in 0..<input.byte() % 6 {
            let choice = input.byte() % 4
            if choice == 0 {
                try journal.writeGroup()
                try journal.writeIdleFrame()
                continue
            }
            try add(payloadBytes: Int(input.integer(UInt16.self)) % 20_000, to: journal)
            // Else the next record comes into the same group.
            if choice != 1 { try journal.writeGroup() }
        }
        try journal.writeGroup()
    }

    private mutating func add(payloadBytes: Int, to journal: Journal) throws(StorageError) {
        let lsn = journal.lastLSN + 1
        let body = SampleCommit.body(lsn, payloadBytes: payloadBytes)
        records[lsn] = body
        if try journal.add(lsn: lsn, pieces: [body]) != nil { return }
        try journal.writeGroup()
        guard try journal.add(lsn: lsn, pieces: [body]) != nil else { finding("a record does not fit an empty group") }
    }
}

/// A record, and where its body lies.
struct JournalRecord: Equatable {
    var place: FrameLocation
    var frame: JournalFrame
}

/// A journal, and what was replayed when it was opened.
struct OpenedJournal {
    let journal: Journal
    let records: [JournalRecord]

    init(
        _ disk: SimulatedFileSystem, appliedLSN: UInt64, containedLSN: UInt64, seed: UInt64
    ) throws(StorageError) {
        var records: [JournalRecord] = []
        journal = try Journal.open(
            directory: WrittenJournal.folder, fileSystem: disk, storeID: SimulatedMachine.storeID,
            appliedLSN: appliedLSN, containedLSN: containedLSN, random: SeededRandom(seed: seed, for: disk),
            configuration: WrittenJournal.configuration
        ) { (place, frame) throws(StorageError) in
            records.append(JournalRecord(place: place, frame: frame))
        }
        self.records = records
    }
}

/// A commit of one row, whose key and value both say which commit it is. Where it is to be long, the row has a payload.
enum SampleCommit {
    static func body(_ lsn: UInt64, payloadBytes: Int) -> [UInt8] {
        let hasPayload = payloadBytes > 0
        let key = key(lsn)
        // Home: none, or the first attachment.
        let row: [UInt8] = (hasPayload ? [4, 0, 0, 0, 0] : [0]) + value(lsn)
        var body: [UInt8] = []
        body.append(littleEndian: 1 as Int64)
        body.append(littleEndian: 1 as UInt32)
        body.append(littleEndian: UInt32(hasPayload ? 1 : 0))
        if hasPayload { body.append(littleEndian: UInt32(payloadBytes)) }
        body.append(littleEndian: UInt16(key.count))
        body += [1, 0]
        body.append(littleEndian: UInt32(row.count))
        return body + key + row + [UInt8](repeating: UInt8(truncatingIfNeeded: lsn), count: payloadBytes)
    }

    static func key(_ lsn: UInt64) -> [UInt8] { [0x01] + Array(value(lsn).reversed()) }

    static func value(_ lsn: UInt64) -> [UInt8] {
        var value: [UInt8] = []
        value.append(littleEndian: lsn)
        return value
    }
}
