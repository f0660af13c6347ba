/// A verification that runs: segments in, findings out. A value without files, so that any bytes can be tried.
package struct AuditVerification {
    private let key: AuditVerifierKey
    private var witnesses: [Witness] = []
    private var report = AuditReport()

    /// The tree at the last checkpoint that holds; or as it was found, where none holds any more.
    private var trusted = MerkleFrontier()
    /// Whether that is what was signed.
    private var isTrusted = true
    /// Records found since; nil for one that cannot be read.
    private var pending: [MerkleHash?] = []
    /// Which indices they claim.
    private var claims: [UInt64] = []
    /// Sizes of the last two checkpoints that hold.
    private var signedSizes: [UInt64] = []

    /// A checkpoint that comes from elsewhere than the log does.
    private struct Witness {
        var checkpoint: Checkpoint
        /// Whether it should be the newest: the anchor is, and one that was kept may be any.
        var isAnchor: Bool
        var hasMet = false
        var name: String { isAnchor ? "checkpoint of the anchor" : "checkpoint that was kept" }
    }

    /// - Parameters:
    ///   - key: the public key.
    ///   - anchor: the checkpoint in the anchor; nil compares with none.
    ///   - kept: any other checkpoint of the log, of whatever age.
    package init(key: AuditVerifierKey, anchor: SignedCheckpoint?, kept: SignedCheckpoint? = nil) {
        self.key = key
        if let anchor { witnesses.append(Witness(checkpoint: anchor.checkpoint, isAnchor: true)) }
        if let kept, kept.checkpoint != anchor?.checkpoint {
            witnesses.append(Witness(checkpoint: kept.checkpoint, isAnchor: false))
        }
        meetWitnesses(MerkleFrontier())
    }

    private var next: UInt64 { trusted.size + UInt64(pending.count) }

    // MARK: Segments

    /// Checks the next file.
    package mutating func read(_ bytes: [UInt8], named first: UInt64, isLast: Bool) {
        let header = readHeader(bytes, named: first)
        guard let salt = header?.salt ?? SegmentScanner.salt(of: bytes) else {
            if bytes.count > AuditSegmentHeader.regionBytes { unreadable(bytes.count, "of segment \(first)") }
            return
        }
        begin(header, named: first)
        // Later segments say that all before them was durable.
        let torn = isLast ? SegmentScanner.tornStart(of: bytes, salt: salt) : nil
        if let torn { report.tornBytes = (bytes.lastIndex { $0 != 0 } ?? torn) + 1 - torn }
        var scanner = SegmentScanner(Array(bytes[..<(torn ?? bytes.count)]), salt: salt)
        var gapBytes = 0
        while true {
            switch scanner.next() {
            case .unreadable(let range): gapBytes += range.count
            case .frame(let frame):
                take(frame, afterGap: gapBytes)
                gapBytes = 0
            case .end(let rest):
                if !rest.isEmpty { unreadable(rest.count, "at the end of segment \(first)") }
                return
            }
        }
    }

    private mutating func readHeader(_ bytes: [UInt8], named first: UInt64) -> AuditSegmentHeader? {
        guard let header = try? AuditSegmentHeader(bytes) else {
            find(.headerInvalid, next..<next, "the header of segment \(first) cannot be read")
            return nil
        }
        if header.firstIndex != first || header.origin != key.name {
            find(
                .headerInvalid, next..<next,
                "segment \(first) says that it begins with record \(header.firstIndex) of the log \(header.origin)")
        }
        return header
    }

    /// Goes on with the tree that a segment starts from, where what stood before it is gone or cannot be trusted.
    private mutating func begin(_ header: AuditSegmentHeader?, named first: UInt64) {
        if next < first { find(.missing, next..<first, "records \(next)..<\(first) are not there") }
        guard let header, header.firstIndex != next || !isTrusted else { return }
        if next > header.firstIndex, isTrusted {
            find(.inserted, header.firstIndex..<next, "segment \(first) goes back to record \(header.firstIndex)")
        }
        settleUnsigned()
        trusted = header.before
        // Not by itself, but the next checkpoint holds only if this tree is right.
        isTrusted = true
        (pending, claims) = ([], [])
        meetWitnesses(trusted)
    }

    // MARK: Frames

    private mutating func take(_ frame: SegmentScanner.Frame, afterGap gapBytes: Int) {
        if gapBytes > 0 { fillGap(gapBytes, before: frame) }
        switch frame.kind {
        case .record:
            pending.append(frame.isWhole ? .leaf(frame.body) : nil)
            claims.append(frame.index)
            if frame.isWhole { report.recordCount += 1 }
        case .checkpoint:
            guard frame.isWhole, let body = CheckpointFrame(frame.body) else {
                find(.checkpointInvalid, next..<next, "a checkpoint behind record \(next) cannot be read")
                return
            }
            do throws(AuditError) {
                settle(try SignedCheckpoint(body.note, verifiedBy: key).checkpoint, body.hashes)
            } catch {
                find(.checkpointInvalid, next..<next, error.message)
            }
        }
    }

    /// As many records as the frame behind the gap counts more than were found, if the gap has room for them.
    private mutating func fillGap(_ gapBytes: Int, before frame: SegmentScanner.Frame) {
        let lost = frame.index > next ? frame.index - next : 0
        guard lost > 0, lost <= UInt64(gapBytes) else {
            unreadable(gapBytes, "before record \(next)")
            return
        }
        for index in next..<frame.index {
            pending.append(nil)
            claims.append(index)
        }
    }

    // MARK: Checkpoints

    private mutating func settle(_ checkpoint: Checkpoint, _ hashes: [MerkleHash]) {
        var found = trusted
        for hash in pending.prefix(while: { $0 != nil }) { append(hash, to: &found) }
        if found.size == next, found.size == checkpoint.size, found.root == checkpoint.root {
            accept(found)
            return
        }
        guard isTrusted else { return }
        if let signed = signedTree(checkpoint, hashes) {
            report.findings += RecordDifference.findings(
                signed: signed.hashes, found: pending, base: trusted.size)
            accept(signed.tree)
        } else {
            find(
                .altered, trusted.size..<max(checkpoint.size, trusted.size),
                "what was signed at record \(checkpoint.size) is not what stands behind record \(trusted.size)")
            isTrusted = false
            trusted = found
            (pending, claims) = ([], [])
        }
    }

    /// The records that a checkpoint signs since the last one that holds, by the hashes that stand beside it.
    private func signedTree(
        _ checkpoint: Checkpoint, _ hashes: [MerkleHash]
    ) -> (tree: MerkleFrontier, hashes: [MerkleHash])? {
        // Where a checkpoint in between cannot be read, its part of the records is taken as found.
        guard checkpoint.size >= trusted.size, UInt64(hashes.count) <= checkpoint.size - trusted.size else {
            return nil
        }
        let before = checkpoint.size - trusted.size - UInt64(hashes.count)
        guard before <= UInt64(pending.count) else { return nil }
        let taken = pending.prefix(Int(before)).compactMap { $0 }
        guard taken.count == Int(before) else { return nil }
        var tree = trusted
        for hash in taken + hashes { tree.append(hash) }
        return tree.size == checkpoint.size && tree.root == checkpoint.root ? (tree, taken + hashes) : nil
    }

    private mutating func accept(_ tree: MerkleFrontier) {
        meetWitnesses(tree)
        trusted = tree
        isTrusted = true
        (pending, claims) = ([], [])
        report.checkpointCount += 1
        report.signedCount = tree.size
        signedSizes = signedSizes.suffix(1) + [tree.size]
    }

    private mutating func append(_ hash: MerkleHash?, to tree: inout MerkleFrontier) {
        guard let hash else { return }
        tree.append(hash)
    }

    // MARK: Witnesses

    /// Every witness is a checkpoint of the log, so one of its checkpoints has its size.
    private mutating func meetWitnesses(_ tree: MerkleFrontier) {
        for place in witnesses.indices where witnesses[place].checkpoint.size == tree.size && !witnesses[place].hasMet {
            witnesses[place].hasMet = true
            let checkpoint = witnesses[place].checkpoint
            if checkpoint.root == tree.root { continue }
            find(
                .rewritten, 0..<checkpoint.size,
                "the first \(checkpoint.size) records are not those that the \(witnesses[place].name) signs: the log was "
                    + "replaced by another")
        }
    }

    package func finished() -> AuditReport {
        var last = self
        last.settleWitnesses()
        last.settleUnsigned()
        return last.report
    }

    /// Records that no checkpoint covers: their own numbers are all that there is to check.
    private mutating func settleUnsigned() {
        for (place, hash) in pending.enumerated() {
            let index = trusted.size + UInt64(place)
            if hash == nil { find(.altered, index..<index + 1, "record \(index) cannot be read any more") }
        }
        let wanted = (0..<UInt64(claims.count)).map { trusted.size + $0 }
        guard claims != wanted, isTrusted else { return }
        let range = trusted.size..<next
        if claims.sorted() == wanted {
            find(.reordered, range, "records \(range.lowerBound)..<\(range.upperBound) stand in another order")
        } else if let index = zip(wanted, claims).first(where: { $0 < $1 })?.0 {
            find(.missing, index..<index + 1, "record \(index) is not there")
        } else if let index = zip(wanted, claims).first(where: { $0 > $1 })?.0 {
            find(.inserted, index..<index + 1, "a record more stands before record \(index)")
        }
    }

    private mutating func settleWitnesses() {
        // The larger one first: it may say what became of records that the other one does not cover.
        for witness in witnesses.sorted(by: { $0.checkpoint.size > $1.checkpoint.size }) { settle(witness) }
    }

    private mutating func settle(_ witness: Witness) {
        let checkpoint = witness.checkpoint
        if checkpoint.size > next {
            find(
                .tailMissing, next..<checkpoint.size,
                "the log ends with record \(next), and \(checkpoint.size) were signed: its tail was cut off, or an older "
                    + "copy was put in its place")
        } else if !witness.hasMet {
            if checkpoint.size >= trusted.size { settle(checkpoint, []) }
            find(
                .checkpointInvalid, checkpoint.size..<checkpoint.size,
                "the \(witness.name), at \(checkpoint.size) records, is not in the log")
        } else if witness.isAnchor, let previous = signedSizes.dropLast().last, checkpoint.size < previous {
            // A crash between writing a checkpoint and the anchor leaves the anchor behind by one, not by more.
            find(
                .anchorBehind, checkpoint.size..<report.signedCount,
                "the anchor covers \(checkpoint.size) records, and \(report.signedCount) have been signed since: an older "
                    + "anchor was put in its place")
        }
    }

    // MARK: Findings

    private mutating func unreadable(_ sizeBytes: Int, _ place: String) {
        find(.unreadable, next..<next, "\(sizeBytes) bytes \(place) are no part of the log")
    }

    private mutating func find(_ kind: AuditFinding.Kind, _ records: Range<UInt64>, _ message: String) {
        report.findings.append(AuditFinding(kind: kind, records: records, message: message))
    }
}
