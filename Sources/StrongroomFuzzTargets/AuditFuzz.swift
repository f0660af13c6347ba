internal import StrongroomAudit
internal import StrongroomCrypto

/// Whoever may write the disk writes a log's file: any bytes are read to their end; and of a log that was signed,
/// whatever is done to its file, either the records are those that were signed, or something is found.
public func fuzzAuditSegment(_ input: RawSpan) {
    var input = FuzzInput(input)
    guard let log = FuzzedLog.shared else { finding("no log could be made") }
    guard !input.byte().isMultiple(of: 4) else {
        // Bytes as they come, behind a header that holds.
        var bytes = log.bytes.prefix(FuzzedLog.headerSizeBytes) + input.rest()
        if input.byte() == 1 { bytes.removeFirst() }
        _ = log.report(Array(bytes))
        return
    }
    var bytes = log.bytes
    for _ in 0..<input.byte() % 4 + 1 { edit(&bytes, &input) }
    let report = log.report(bytes)
    guard report.findings.isEmpty, report.tornBytes == 0 else { return }
    guard log.records(bytes) == log.records(log.bytes) else { finding("a change of records is not found") }
}

private func edit(_ bytes: inout [UInt8], _ input: inout FuzzInput) {
    guard !bytes.isEmpty else { return }
    let kind = input.byte() % 5
    let start = input.index(below: bytes.count)
    let end = min(bytes.count, start + 1 + input.index(below: 300))
    switch kind {
    case 0: bytes[start] ^= 1 << (input.byte() % 8)
    case 1: bytes.removeSubrange(start..<end)
    case 2: bytes.insert(contentsOf: input.bytes(atMost: end - start), at: start)
    case 3:
        let other = input.index(below: bytes.count)
        bytes.insert(contentsOf: Array(bytes[start..<end]), at: other)
    default: bytes.removeLast(bytes.count - start)
    }
}

/// A log of nine records and three checkpoints, which is the same in every run.
private struct FuzzedLog {
    static let headerSizeBytes = AuditSegmentHeader.regionBytes
    static let shared = try? FuzzedLog()

    let key: AuditVerifierKey
    let anchor: SignedCheckpoint
    let bytes: [UInt8]
    private static let salt: UInt64 = 0x0123_4567_89AB_CDEF

    private init() throws {
        let seed = SharedSecret(try SecretBytes(count: 32) { _ in })
        let signer = try AuditSigner(seed: seed, origin: "fuzz/log")
        var bytes = AuditSegmentHeader(origin: signer.key.name, salt: Self.salt, before: MerkleFrontier()).encoded()
        var tree = MerkleFrontier()
        var hashes: [MerkleHash] = []
        var newest: SignedCheckpoint?
        for number in 0..<9 {
            let record = Array("{\"eventID\":\"\(number)\"}".utf8)
            Self.append(.record, tree.size, record, to: &bytes)
            tree.append(.leaf(record))
            hashes.append(.leaf(record))
            guard number % 3 == 2 else { continue }
            let signed = try SignedCheckpoint(
                signing: Checkpoint(origin: signer.key.name, size: tree.size, root: tree.root), by: signer)
            Self.append(
                .checkpoint, tree.size, CheckpointFrame(hashes: hashes, note: signed.note).encoded(), to: &bytes)
            hashes = []
            newest = signed
        }
        guard let newest else { finding("a log without a checkpoint") }
        (key, anchor, self.bytes) = (signer.key, newest, bytes)
    }

    private static func append(_ kind: AuditFrameKind, _ index: UInt64, _ body: [UInt8], to bytes: inout [UInt8]) {
        AuditFrameHeader.append(kind, index: index, durableEnd: bytes.count, salt: salt, body: body, to: &bytes)
    }

    func report(_ bytes: [UInt8]) -> AuditReport {
        var verification = AuditVerification(key: key, anchor: anchor)
        verification.read(bytes, named: 0, isLast: true)
        return verification.finished()
    }

    func records(_ bytes: [UInt8]) -> [[UInt8]] {
        var scanner = SegmentScanner(bytes, salt: Self.salt)
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
