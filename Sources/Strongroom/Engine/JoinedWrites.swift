internal import StrongroomStorage

/// Several writes as one: decided together, with what they change for users.
struct JoinedWrites: Sendable {
    let reads: [[UInt8]]
    let attachments: [[UInt8]]
    let frees: Bool
    private let writes: [RowWrite]

    init(_ writes: [RowWrite]) {
        self.writes = writes
        if writes.count == 1 {
            (reads, attachments, frees) = (writes[0].reads, writes[0].attachments, writes[0].frees)
        } else {
            reads = writes.flatMap(\.reads)
            attachments = writes.flatMap(\.attachments)
            frees = writes.allSatisfy(\.frees)
        }
    }

    /// - Throws: what the first of them to refuse says.
    func decide(
        _ view: RowWrite.View
    ) throws(RowWrite.Refusal) -> (mutations: [RowMutation], changes: [ChangeRecord]) {
        if writes.count == 1 {
            let mutations = try writes[0].decide(view)
            return (mutations, writes[0].changes(mutations, view))
        }
        var mutations: [RowMutation] = []
        var changes: [ChangeRecord] = []
        var firstRead = 0
        var firstAttachment = 0
        for write in writes {
            var own = view
            own.rows = Array(view.rows[firstRead..<firstRead + write.reads.count])
            let decided = try write.decide(own)
            changes += write.changes(decided, own)
            mutations += decided.map { $0.shifted(reads: firstRead, attachments: firstAttachment) }
            firstRead += write.reads.count
            firstAttachment += write.attachments.count
        }
        return (mutations, changes)
    }
}

extension RowMutation {
    /// The same change, where reads and attachments are numbered from elsewhere.
    fileprivate func shifted(reads: Int, attachments: Int) -> RowMutation {
        guard case .put(let value, let source) = change else { return self }
        var copy = self
        switch source {
        case .none, .blob: break
        case .attachment(let index): copy.change = .put(value: value, payload: .attachment(index + attachments))
        case .sameAs(let index): copy.change = .put(value: value, payload: .sameAs(read: index + reads))
        }
        return copy
    }
}
