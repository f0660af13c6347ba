internal import StrongroomAudit
internal import StrongroomCrypto
internal import SystemPackage

/// Whoever may write the disk writes a log's file: any bytes are read to their end; and of a log that was signed,
/// whatever is done to its files, either the records are those that were signed, or something is found; and none goes
/// on of which the anchor signs other records.
public func fuzzAuditSegment(_ input: RawSpan) {
    var input = FuzzInput(input)
    guard let logs = FuzzedLog.all else { finding("no log could be made") }
    switch input.byte() % 4 {
    case 0:
        // Bytes as they come, behind a header that holds.
        let isCut = input.byte() == 1
        let bytes = logs[0].segments[0].bytes.prefix(AuditSegmentHeader.regionBytes) + input.rest()
        logs[0].check([.init(first: 0, bytes: Array(bytes.dropFirst(isCut ? 1 : 0)))])
    case 1: logs[0].check(edited(logs[0], &input))
    case 2: logs[0].check([.init(claiming: input.integer(UInt64.self), of: logs[0], &input)])
    default:
        let log = logs[input.index(below: logs.count)]
        log.check(edited(log, &input))
    }
}

private func edited(_ log: FuzzedLog, _ input: inout FuzzInput) -> [FuzzedLog.Segment] {
    var segments = log.segments
    let place = segments.count == 1 ? 0 : input.index(below: segments.count)
    for _ in 0..<input.byte() % 4 + 1 { segments[place].bytes.edit(&input) }
    return segments
}

/// A log of nine records and three checkpoints, which is the same in every run.
private struct FuzzedLog {
    struct Segment {
        var first: UInt64
        var bytes: [UInt8]
    }

    static let recordCount: UInt64 = 9
    static let salt: UInt64 = 0x0123_4567_89AB_CDEF
    /// In one segment; and in two, of which the second begins with each of the records.
    static let all = try? (0..<recordCount).map { (second) throws in try FuzzedLog(second: second) }

    let signer: AuditSigner
    let anchor: SignedCheckpoint
    let segments: [Segment]

    /// - Parameter second: which record begins the second segment; 0 for none.
    private init(second: UInt64) throws {
        let seed = SharedSecret(try SecretBytes(count: 32) { _ in })
        signer = try AuditSigner(seed: seed, origin: "fuzz/log")
        var segments: [Segment] = []
        var tree = MerkleFrontier()
        var hashes: [MerkleHash] = []
        var newest: SignedCheckpoint?
        while tree.size < Self.recordCount {
            if tree.size == 0 || tree.size == second {
                let header = AuditSegmentHeader(origin: signer.key.name, salt: Self.salt, before: tree)
                segments.append(Segment(first: tree.size, bytes: header.encoded()))
            }
            let record = Array("{\"eventID\":\"\(tree.size)\"}".utf8)
            segments[segments.count - 1].append(.record, tree.size, record)
            tree.append(.leaf(record))
            hashes.append(.leaf(record))
            guard tree.size % 3 == 0 else { continue }
            let signed = try SignedCheckpoint(
                signing: Checkpoint(origin: signer.key.name, size: tree.size, root: tree.root), by: signer)
            let frame = CheckpointFrame(hashes: hashes, note: signed.note)
            segments[segments.count - 1].append(.checkpoint, tree.size, frame.encoded())
            hashes = []
            newest = signed
        }
        guard let newest else { finding("a log without a checkpoint") }
        anchor = newest
        self.segments = segments
    }

    /// Reads what has become of the log, as a verifier does and as whoever goes on with it.
    func check(_ changed: [Segment]) {
        var verification = AuditVerification(key: signer.key, anchor: anchor)
        for (place, segment) in changed.enumerated() {
            verification.read(segment.bytes, named: segment.first, isLast: place == changed.count - 1)
        }
        let report = verification.finished()
        let signed = segments.flatMap(\.records)
        if report.findings.isEmpty, report.tornBytes == 0, changed.flatMap(\.records) != signed {
            finding("a change of records is not found")
        }
        guard let last = changed.last, goesOn(last) else { return }
        guard last.first <= Self.recordCount,
            last.records.starts(with: signed.dropFirst(Int(last.first)))
        else { finding("a log goes on that is not the one that was signed") }
    }

    private func goesOn(_ last: Segment) -> Bool {
        guard let header = try? AuditSegmentHeader(last.bytes), header.firstIndex == last.first else { return false }
        var recovery = AuditLogRecovery(header, signer, "/log/last.audit")
        do throws(AuditError) {
            try recovery.read(last.bytes)
            let files = AuditFiles(folder: "/log", anchorFolder: "/keyring")
            return try recovery.finished(anchor: anchor.note, files).0.frontier.size >= Self.recordCount
        } catch {
            return false
        }
    }
}

extension FuzzedLog.Segment {
    /// One that says that so many records stand before it, with the checksums as they must be.
    fileprivate init(claiming first: UInt64, of log: FuzzedLog, _ input: inout FuzzInput) {
        let hashes = (0..<first.nonzeroBitCount).map { _ in MerkleHash.leaf(input.bytes(atMost: 1)) }
        guard let before = MerkleFrontier(size: first, hashes: hashes) else {
            finding("a hash for each bit is refused")
        }
        self.first = first
        bytes = AuditSegmentHeader(origin: log.signer.key.name, salt: FuzzedLog.salt, before: before).encoded()
        for number in 0..<UInt64(input.byte() % 4) {
            append(.record, first &+ number, input.bytes(atMost: 1) + [0])
        }
        bytes += input.rest()
    }

    fileprivate mutating func append(_ kind: AuditFrameKind, _ index: UInt64, _ body: [UInt8]) {
        AuditFrameHeader.append(
            kind, index: index, durableEnd: bytes.count, salt: FuzzedLog.salt, body: body, to: &bytes)
    }

    fileprivate var records: [[UInt8]] {
        var scanner = SegmentScanner(bytes, salt: FuzzedLog.salt)
        var records: [[UInt8]] = []
        while true {
            switch scanner.next() {
            case .frame(let frame): if frame.kind == .record, frame.isWhole { records.append(frame.body) }
            case .unreadable: continue
            case .end: return records
            }
        }
    }
}
