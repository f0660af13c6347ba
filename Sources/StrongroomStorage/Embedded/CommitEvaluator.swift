internal import StrongroomCatalog
internal import StrongroomSystem

/// Decides the commits of one group, one after the other: revalidates what each has read against the
/// tables and against what the group itself is about to write, runs `decide`, and encodes the frame.
///
/// Used by the committer's thread alone. A row that only the index knows comes with the request, or is
/// looked up once for the whole group (`missingKeys`).
struct CommitEvaluator {
    /// A commit that goes through if its frame can be written.
    struct Accepted {
        var receipt: CommitReceipt
        var mutations: [CommitFrame.Mutation]
        /// Payloads that stay in the journal; tiny ones are part of their row.
        var attachments: [[UInt8]]
        var note: [UInt8]
        var trashBytes: UInt64
        /// Only deletes rows, or is the store's own removal of trash: may take room that is kept for this.
        var isFreeing: Bool
        var mayGiveUpHolds: Bool
    }

    enum Verdict {
        case accepted(Accepted)
        case refused
        case stale
        case failed(StorageError)
    }

    /// What the tables say of each read of each request, at the start of the group.
    private struct Known {
        var baseLSN: UInt64
        var entries: [[MemtableEntry<[UInt8]>?]]
    }

    /// Keys that only the index knows, of requests that bring no rows along; each once.
    let missingKeys: [[UInt8]]
    /// What the index says of `missingKeys`; nil until it was asked, or when that failed.
    private var lookedUp: [[UInt8]: [UInt8]?]?
    private let known: Known
    /// What the group has written so far: the latest state of these keys.
    private var pending: [[UInt8]: MemtableEntry<[UInt8]>] = [:]
    /// Whether any commit may look at what another one of the group has written.
    private let hasReaders: Bool
    private let inlineMaximumBytes: Int
    private let bodyMaximumBytes: Int

    init(_ group: [CommitRequest], view: StoreView, inlineMaximumBytes: Int, bodyMaximumBytes: Int) {
        self.inlineMaximumBytes = inlineMaximumBytes
        self.bodyMaximumBytes = bodyMaximumBytes
        hasReaders = group.dropFirst().contains { !$0.reads.isEmpty }
        let known = view.withTables { tables in
            Known(baseLSN: tables.baseLSN, entries: group.map { $0.reads.map { tables.entry($0) } })
        }
        self.known = known
        var missing: Set<[UInt8]> = []
        for (position, request) in group.enumerated() where request.prefetched == nil {
            for (key, entry) in zip(request.reads, known.entries[position]) where entry == nil { missing.insert(key) }
        }
        // In order: neighbours share pages.
        missingKeys = missing.sorted { ByteOrder.isLess($0, $1) }
    }

    /// - Parameter values: of `missingKeys`, in their order, read from the index after this was made: what a
    ///   checkpoint has moved there meanwhile is in the tables that this knows, too.
    mutating func provide(_ values: [[UInt8]?]) {
        lookedUp = Dictionary(uniqueKeysWithValues: zip(missingKeys, values))
    }

    /// - Parameter position: of `request` in the group.
    func evaluate(
        _ request: CommitRequest, at position: Int, lsn: UInt64, timeMilliseconds: Int64
    ) -> Verdict {
        guard let encodedRows = currentRows(request, at: position) else { return .stale }
        var rows: [StoredRow?] = []
        rows.reserveCapacity(encodedRows.count)
        for encoded in encodedRows {
            guard let encoded else {
                rows.append(nil)
                continue
            }
            guard let row = StoredRowCodec.decode(encoded) else {
                return .failed(StorageError(.corrupted, "a row of the catalog is damaged; rebuild the catalog"))
            }
            rows.append(row)
        }
        let view = CommitView(lsn: lsn, timeMilliseconds: timeMilliseconds, rows: rows)
        guard let decided = request.decide(view) else { return .refused }
        let accepted = accept(decided, of: request, view)
        let sizeBytes = CommitFrame.sizeBytes(
            mutations: accepted.mutations, attachments: accepted.attachments, note: accepted.note)
        guard sizeBytes <= bodyMaximumBytes else {
            return .failed(
                StorageError(
                    .limitExceeded,
                    "one commit has \(sizeBytes) bytes, more than the \(bodyMaximumBytes) that fit; split it"))
        }
        return .accepted(accepted)
    }

    /// Nil when a row may have changed since it was fetched: the change could have left the tables
    /// for the index, which is not read here.
    private func currentRows(_ request: CommitRequest, at position: Int) -> [[UInt8]?]? {
        var rows: [[UInt8]?] = []
        rows.reserveCapacity(request.reads.count)
        for (index, key) in request.reads.enumerated() {
            switch pending[key] ?? known.entries[position][index] {
            case .put(let row): rows.append(row)
            case .deleted: rows.append(nil)
            case nil:
                if let fetched = request.prefetched {
                    guard known.baseLSN <= fetched.lsn else { return nil }
                    rows.append(fetched.rows[index])
                } else {
                    guard let lookedUp, let row = lookedUp[key] else { return nil }
                    rows.append(row)
                }
            }
        }
        return rows
    }

    private func accept(_ decided: DecidedCommit, of request: CommitRequest, _ view: CommitView) -> Accepted {
        let mutations = decided.mutations
        var encoder = MutationEncoder(
            attachments: request.attachments, rows: view.rows, inlineMaximumBytes: inlineMaximumBytes)
        var encoded: [CommitFrame.Mutation] = []
        encoded.reserveCapacity(mutations.count)
        for mutation in mutations {
            precondition(
                request.origin == .reaper || KeySpace.isEngineKey(mutation.key),
                "the key is outside the engine's key space")
            encoded.append(encoder.encode(mutation))
        }
        var trashBytes: UInt64 = 0
        for reference in BlobTrash.references(freedBy: mutations, reads: request.reads, rows: view.rows) {
            var length: [UInt8] = []
            length.appendLittleEndian(reference.lengthBytes)
            let row = StoredRowCodec.encode(value: length, payload: .none)
            encoded.append(CommitFrame.Mutation(key: KeySpace.trashKey(BlobName(reference)), row: row))
            trashBytes += reference.lengthBytes
        }
        return Accepted(
            receipt: CommitReceipt(lsn: view.lsn, timeMilliseconds: view.timeMilliseconds),
            mutations: encoded, attachments: encoder.frameAttachments, note: decided.note,
            trashBytes: trashBytes,
            isFreeing: request.origin == .reaper || decided.frees
                || (!mutations.isEmpty && mutations.allSatisfy { $0.change == .delete }),
            mayGiveUpHolds: request.mayGiveUpHolds)
    }

    /// The commit's frame has its place in the group: later commits of the group see its rows.
    mutating func add(_ changes: [RowChange]) {
        guard hasReaders else { return }
        for change in changes { pending[change.key] = change.entry }
    }
}

/// Makes stored rows of mutations: tiny attachments go into the row, others into the frame.
private struct MutationEncoder {
    let attachments: [[UInt8]]
    let rows: [StoredRow?]
    let inlineMaximumBytes: Int
    private(set) var frameAttachments: [[UInt8]] = []
    private var framePositions: [Int: Int] = [:]

    init(attachments: [[UInt8]], rows: [StoredRow?], inlineMaximumBytes: Int) {
        self.attachments = attachments
        self.rows = rows
        self.inlineMaximumBytes = inlineMaximumBytes
    }

    mutating func encode(_ mutation: RowMutation) -> CommitFrame.Mutation {
        guard case .put(let value, let source) = mutation.change else {
            return CommitFrame.Mutation(key: mutation.key, row: nil)
        }
        let row: [UInt8]
        switch source {
        case .none: row = StoredRowCodec.encode(value: value, payload: .none)
        case .blob(let reference): row = StoredRowCodec.encode(value: value, payload: .blob(reference))
        case .sameAs(let index):
            guard let payload = rows[index]?.payload else {
                preconditionFailure("sameAs names a row that does not exist")
            }
            row = StoredRowCodec.encode(value: value, payload: payload)
        case .attachment(let index):
            precondition(attachments.indices.contains(index), "the commit has no attachment \(index)")
            if attachments[index].count <= inlineMaximumBytes {
                row = StoredRowCodec.encode(value: value, payload: .inline(attachments[index]))
            } else {
                row = StoredRowCodec.encode(value: value, attachment: framePosition(of: index))
            }
        }
        return CommitFrame.Mutation(key: mutation.key, row: row)
    }

    private mutating func framePosition(of index: Int) -> Int {
        if let position = framePositions[index] { return position }
        framePositions[index] = frameAttachments.count
        frameAttachments.append(attachments[index])
        return frameAttachments.count - 1
    }
}
