import ReplayDisk

/// What was asked of a store and what it answered, with the moments of the recording at which that was.
struct History: Sendable {
    struct Entry: Sendable {
        var operation: Operation
        var outcome: Operation.Outcome
        /// Numbers of calls in the recording.
        var issuedAt: Int
        var acknowledgedAt: Int
    }

    enum Verdict: Sendable, Equatable {
        case whole
        /// What was acknowledged is not there.
        case lost(String)
        /// It is all there, and more that is no prefix of the commits, or was never asked for.
        case invented(String)
    }

    let base: StoreContent
    /// Those that changed something, in the order of their commits.
    let entries: [Entry]
    /// Numbers of the calls before which the recorded program has said that the store was open.
    let openedAt: Int?

    init(of recording: Recording, after base: StoreContent = StoreContent()) throws {
        self.base = base
        var open: [Int: (operation: Operation, issuedAt: Int)] = [:]
        var entries: [Entry] = []
        var openedAt: Int?
        for (number, call) in recording.calls.enumerated() {
            guard case .mark(let bytes) = call else { continue }
            switch try Mark.read(recording.bytes[bytes]) {
            case .issued(let operation): open[operation.number] = (operation, number)
            case .acknowledged(let operation, let outcome):
                guard let issued = open.removeValue(forKey: operation) else {
                    throw ReplayError("operation \(operation) was acknowledged and never issued")
                }
                guard outcome.lsn != nil else { continue }
                entries.append(
                    Entry(
                        operation: issued.operation, outcome: outcome, issuedAt: issued.issuedAt, acknowledgedAt: number
                    ))
            case .opened: openedAt = openedAt ?? number
            }
        }
        guard open.isEmpty else { throw ReplayError("the recorded program did not come to its end") }
        self.entries = entries.sorted { $0.outcome.lsn! < $1.outcome.lsn! }
        self.openedAt = openedAt
    }

    var end: StoreContent {
        var content = base
        for entry in entries { content.apply(entry.operation, entry.outcome) }
        return content
    }

    /// Whether a store that was found after `callCount` calls holds what was acknowledged by then and a prefix of the
    /// commits: acknowledged ⊆ recovered ⊆ issued, each operation whole.
    func verdict(on found: StoreContent, after callCount: Int) -> Verdict {
        var content = base
        let required = entries.lastIndex { $0.acknowledgedAt < callCount }.map { $0 + 1 } ?? 0
        for entry in entries[..<required] { content.apply(entry.operation, entry.outcome) }
        if content == found { return .whole }
        let least = content
        var closest = content
        for entry in entries[required...] {
            guard entry.issuedAt < callCount else { break }
            content.apply(entry.operation, entry.outcome)
            if content == found { return .whole }
            closest = content
        }
        let isOld = isOlder(found, than: required)
        let difference = found.difference(to: least)
        return isOld
            ? .lost(difference) : .invented("\(difference); from the last issued: \(found.difference(to: closest))")
    }

    /// Whether this is some earlier state, or lacks a version that is in all that may be found.
    private func isOlder(_ found: StoreContent, than required: Int) -> Bool {
        var content = base
        if content == found { return required > 0 }
        for entry in entries[..<required] {
            content.apply(entry.operation, entry.outcome)
            if content == found { return true }
        }
        return content.versions.contains { place, versions in
            versions.contains { version in
                found.versions[place]?.contains { $0.id == version.id && $0.body?.digest == version.body?.digest }
                    != true
                    && !mayBeReplaced(place, after: required)
            }
        }
    }

    private func mayBeReplaced(_ place: Operation.Place, after required: Int) -> Bool {
        entries[required...].contains { entry in
            entry.operation.steps.contains { step in
                switch step {
                case .put(let other, _), .delete(let other), .deleteVersion(let other, _), .setTags(let other, _),
                    .completeUpload(let other, _, _):
                    other == place
                default: false
                }
            }
        }
    }
}
