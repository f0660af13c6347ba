internal import StrongroomSystem

/// Makes proofs from a log's records. Needs no secret, and proves nothing that no checkpoint signs. All calls block,
/// and read the log as far as the checkpoint goes.
package struct AuditProver: Sendable {
    private let reader: AuditLogReader
    /// The checkpoint to which it proves.
    package let checkpoint: SignedCheckpoint

    /// Proves to the checkpoint in the anchor.
    package init(_ reader: AuditLogReader, key: AuditVerifierKey) throws(AuditError) {
        guard let note = try reader.anchorNote() else {
            throw AuditError(.notFound, "There is no checkpoint at \(reader.files.anchor) to prove anything to.")
        }
        self.reader = reader
        checkpoint = try SignedCheckpoint(note, verifiedBy: key)
    }

    /// A record, and the proof that it is in the log.
    package func inclusion(of index: UInt64) throws(AuditError) -> (record: [UInt8], proof: InclusionProof) {
        guard index < checkpoint.checkpoint.size else {
            throw AuditError(
                .notFound,
                "No checkpoint covers a record \(index): the newest one covers \(checkpoint.checkpoint.size), counted "
                    + "from 0. Sign one, and ask again.")
        }
        var record: [UInt8] = []
        let path = try path(of: index..<index + 1) { if $0 == index { record = $1 } }
        return (record, InclusionProof(index: index, hashes: path.finished()))
    }

    /// The proof that the log has only grown since it had `oldSize` records.
    package func consistency(since oldSize: UInt64) throws(AuditError) -> ConsistencyProof {
        let size = checkpoint.checkpoint.size
        guard oldSize <= size else {
            throw AuditError(.notFound, "The log has \(size) signed records, and never had \(oldSize).")
        }
        guard oldSize > 0, oldSize < size else { return ConsistencyProof(oldSize: oldSize, hashes: []) }
        let path = try path(of: ConsistencyProof.lastSubtree(ofSize: oldSize)) { (_, _) in }
        guard let node = path.node else { preconditionFailure("a subtree of the older tree is in the newer one") }
        let isWhole = oldSize.nonzeroBitCount == 1
        return ConsistencyProof(oldSize: oldSize, hashes: (isWhole ? [] : [node]) + path.finished())
    }

    /// The tree that the checkpoint signs, with the way to a node of it.
    private func path(
        of leaves: Range<UInt64>, _ onRecord: (UInt64, [UInt8]) -> Void
    ) throws(AuditError) -> MerklePath {
        var path = MerklePath(of: leaves)
        let wanted = checkpoint.checkpoint
        try reader.records { (index, record) throws(AuditError) in
            guard path.tree.size < wanted.size else { return false }
            guard index == path.tree.size else { throw Self.damaged }
            onRecord(index, record)
            path.append(.leaf(record))
            return true
        }
        guard path.tree.size == wanted.size, path.tree.root == wanted.root else { throw Self.damaged }
        return path
    }

    private static let damaged = AuditError(
        .damaged, "The records are not those that were signed, so nothing can be proved; verify the log to see why.")
}
