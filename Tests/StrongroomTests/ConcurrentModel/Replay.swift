import StrongroomStorage

@testable import Strongroom

/// What tasks did at the same time, done once more one by one to a plain world, in the order of the commits.
///
/// A step that committed must have answered what the world before its commit says. A step that committed nothing
/// must have answered what some world says that it may have seen: not older than the last commit that was
/// acknowledged before it began, not newer than the last one that began before it ended. Pages name their commit.
struct Replay {
    struct Disagreement: Error, CustomStringConvertible {
        var description: String
    }

    /// One for each commit, in order; the first is the one from before.
    private var worlds: [World]
    let events: [Event]
    private let commits: [Event]
    private let acknowledged: Bounds
    private let begun: Bounds
    /// Of the commits that change a bucket's settings: whoever makes one is told when all others know of it.
    private let settled: [BucketName: Bounds]

    init(from world: World, _ events: [Event]) {
        worlds = [world]
        self.events = events
        commits = events.filter { $0.commit != nil }.sorted { $0.lsn < $1.lsn }
        acknowledged = Bounds(commits.map { ($0.ended, $0.lsn) }, least: world.lsn)
        begun = Bounds(commits.map { ($0.began, $0.lsn) }, least: world.lsn)
        settled = Dictionary(
            grouping: commits.filter { $0.step.changedBucket != nil }, by: { $0.step.changedBucket ?? "" }
        ).mapValues { changes in Bounds(changes.map { ($0.ended, $0.lsn) }, least: world.lsn) }
    }

    /// The world after all of it.
    mutating func run() throws(Disagreement) -> World {
        for event in commits { try apply(event) }
        for event in events where event.commit == nil { try check(event) }
        return worlds[worlds.count - 1]
    }

    private mutating func apply(_ event: Event) throws(Disagreement) {
        guard let commit = event.commit, let before = worlds.last else { return }
        let oldest = acknowledged.lsn(before: event.began)
        guard commit.lsn > max(oldest, before.lsn) else {
            throw disagreement(event, "commit \(commit.lsn) is not after \(oldest), which was acknowledged before")
        }
        if case .refused = event.answer { throw disagreement(event, "it was refused, and committed something") }
        let refusals = event.step.refusalsAtCommit(in: before)
        guard refusals.isEmpty else { throw disagreement(event, "it should have been refused: \(refusals)") }
        if let lsn = event.answer.commitLSN, lsn != commit.lsn {
            throw disagreement(event, "it names commit \(lsn)")
        }
        var world = before
        world.lsn = commit.lsn
        let done = Done(
            answer: event.answer, commit: commit, past: worlds[index(oldest)...],
            settings: worlds[settingsStart(event, oldest)...])
        if let objection = event.step.apply(done, to: &world) { throw disagreement(event, objection) }
        worlds.append(world)
    }

    private func check(_ event: Event) throws(Disagreement) {
        let oldest = acknowledged.lsn(before: event.began)
        var window = index(oldest)...index(begun.lsn(before: event.ended))
        if let lsn = event.answer.snapshotLSN {
            guard lsn >= oldest else {
                throw disagreement(event, "the page is of \(lsn), and \(oldest) was acknowledged before it")
            }
            window = index(lsn)...index(lsn)
        }
        if let lsn = event.answer.commitLSN { throw disagreement(event, "it names commit \(lsn), and made none") }
        // A step that finds its store closed was not begun.
        if event.answer.code == .closed { return }
        var objections: [(lsn: UInt64, text: String)] = []
        for world in worlds[window] {
            guard let objection = event.step.wholeObjection(to: event.answer, in: world) else { return }
            // Worlds that object to the same are told as one.
            if objections.last?.text != objection { objections.append((world.lsn, objection)) }
        }
        let settings = worlds[settingsStart(event, oldest)...window.upperBound]
        if let code = event.answer.code, Self.isRefused(event.step, code, bySettingsOf: settings) { return }
        if event.answer.code == .keyDisabled, mayFindKeyDisabled(event, in: settings) { return }
        throw disagreement(
            event, objections.map { "from commit \($0.lsn) on: \($0.text)" }.joined(separator: "\n  "))
    }

    /// Where a task plans by what it knows of a bucket, it gives up what it cannot do again when that has changed.
    private static func isRefused(
        _ step: any Step, _ code: StoreError.Code, bySettingsOf worlds: ArraySlice<World>
    ) -> Bool {
        if code == .conflict, Set(worlds.compactMap(step.basis)).count > 1 { return true }
        return worlds.contains { step.refusals(bySettingsOf: $0).contains(code) }
    }

    /// The position of the oldest world whose settings the step may have known.
    private func settingsStart(_ event: Event, _ oldest: UInt64) -> Int {
        let known = Set(event.step.places.map(\.bucket)).map { bucket in
            settled[bucket]?.lsn(before: event.began) ?? worlds[0].lsn
        }
        return index(min(oldest, known.min() ?? oldest))
    }

    /// The position of the world after `lsn`.
    private func index(_ lsn: UInt64) -> Int {
        var (lower, upper) = (0, worlds.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if worlds[middle].lsn <= lsn { lower = middle + 1 } else { upper = middle }
        }
        return max(0, lower - 1)
    }

    private func disagreement(_ event: Event, _ what: String) -> Disagreement {
        let places = Set(event.step.places)
        let limit = max(event.lsn, begun.lsn(before: event.ended))
        let related = commits.filter { $0.lsn <= limit && !places.isDisjoint(with: $0.step.places) }.suffix(8)
        let lines = related.map { "  \($0.lsn) by task \($0.task): \(Self.brief($0.step)) -> \(Self.brief($0.answer))" }
        return Disagreement(
            description: """
                task \(event.task), steps \(event.began) to \(event.ended): \(event.step)
                answered (commit \(event.lsn)): \(Self.brief(event.answer, limit: 2_000))
                but:
                  \(what)
                last commits there:
                \(lines.joined(separator: "\n"))
                """)
    }

    private static func brief(_ value: Any, limit: Int = 600) -> String { String("\(value)".prefix(limit)) }
}
