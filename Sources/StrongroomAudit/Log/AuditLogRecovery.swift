package import SystemPackage

/// Reads the last segment of a log that is to be gone on with, and checks it against what was signed.
///
/// What stands before it is not read: the anchor, which is never older than the segment, holds only if the tree before
/// the segment is right.
package struct AuditLogRecovery {
    private let header: AuditSegmentHeader
    private let signer: AuditSigner
    private let path: FilePath

    private var frontier: MerkleFrontier
    private var unsigned: [MerkleHash] = []
    /// The newest checkpoint, not yet checked, and the tree where it stands.
    private var newest: (note: String, tree: MerkleFrontier)?
    /// The tree after each record of this segment is needed for one size only, which is known late.
    private var leaves: [MerkleHash] = []
    private(set) var end = AuditSegmentHeader.regionBytes
    private(set) var isTorn = false

    package init(_ header: AuditSegmentHeader, _ signer: AuditSigner, _ path: FilePath) {
        self.header = header
        self.signer = signer
        self.path = path
        frontier = header.before
    }

    /// Takes all up to what a crash may have torn, which must be whole.
    package mutating func read(_ bytes: [UInt8]) throws(AuditError) {
        let torn = SegmentScanner.tornStart(of: bytes, salt: header.salt)
        isTorn = torn != nil
        var scanner = SegmentScanner(Array(bytes[..<(torn ?? bytes.count)]), salt: header.salt)
        while true {
            switch scanner.next() {
            case .end:
                return
            case .unreadable:
                throw Self.damaged("what follows record \(frontier.size) cannot be read", path)
            case .frame(let frame):
                guard frame.isWhole else { throw Self.damaged("record \(frame.index) cannot be read", path) }
                try take(frame)
                end = scanner.position
            }
        }
    }

    private mutating func take(_ frame: SegmentScanner.Frame) throws(AuditError) {
        guard frame.index == frontier.size else {
            throw Self.damaged("record \(frame.index) stands where record \(frontier.size) belongs", path)
        }
        switch frame.kind {
        case .record:
            let leaf = MerkleHash.leaf(frame.body)
            frontier.append(leaf)
            unsigned.append(leaf)
            leaves.append(leaf)
        case .checkpoint:
            guard let checkpoint = CheckpointFrame(frame.body) else {
                throw Self.damaged("a checkpoint at record \(frame.index) cannot be read", path)
            }
            newest = (checkpoint.note, frontier)
            unsigned = []
        }
    }

    /// What was found, and whether the anchor says less than the log.
    package func finished(
        anchor note: String?, _ files: AuditFiles
    ) throws(AuditError) -> (FoundLog, isAnchorBehind: Bool) {
        var found = FoundLog(signer: signer, frontier: frontier, unsigned: unsigned)
        if let (note, tree) = newest {
            let signed = try SignedCheckpoint(note, verifiedBy: signer.key)
            try check(signed.checkpoint, against: tree, path)
            found.newest = signed
        }
        guard let note else {
            guard frontier.size == 0 else {
                throw AuditError(
                    .damaged,
                    "The audit log \(files.folder) has \(frontier.size) records, and its anchor \(files.anchor) is "
                        + "missing. Put it back; to begin another log, move this one to a safe place.")
            }
            return (found, true)
        }
        let anchor = try SignedCheckpoint(note, verifiedBy: signer.key)
        guard anchor.checkpoint.size <= frontier.size else {
            throw AuditError(
                .damaged,
                "The audit log \(files.folder) ends with record \(frontier.size), and \(anchor.checkpoint.size) have been "
                    + "signed: its end was cut off, or an older copy was put in its place. Put the newest copy back; to "
                    + "begin another log, move this one and \(files.anchor) to a safe place.")
        }
        // A segment is begun when all before it is signed and in the anchor: who has no key can make one up that says
        // of itself what stood before it, and only the anchor tells.
        guard let tree = tree(size: anchor.checkpoint.size) else {
            throw Self.damaged(
                "it begins with record \(header.firstIndex), and only \(anchor.checkpoint.size) were signed", path)
        }
        try check(anchor.checkpoint, against: tree, files.anchor)
        if found.newest == nil, unsigned.isEmpty, anchor.checkpoint.size == frontier.size { found.newest = anchor }
        return (found, found.newest.map { $0.checkpoint.size > anchor.checkpoint.size } ?? false)
    }

    /// Nil where that lies before this segment.
    private func tree(size: UInt64) -> MerkleFrontier? {
        guard size >= header.firstIndex else { return nil }
        var tree = header.before
        for leaf in leaves.prefix(Int(size - header.firstIndex)) { tree.append(leaf) }
        return tree
    }

    private func check(
        _ checkpoint: Checkpoint, against tree: MerkleFrontier, _ path: FilePath
    ) throws(AuditError) {
        guard checkpoint.size == tree.size, checkpoint.root == tree.root else {
            throw Self.damaged("its records are not those that were signed at \(checkpoint.size)", path)
        }
    }

    static func damaged(_ what: String, _ path: FilePath) -> AuditError {
        AuditError(
            .damaged,
            "The audit log \(path) is damaged: \(what). Verify it to see what was changed; to begin another log, move "
                + "this one and its anchor to a safe place.")
    }
}
