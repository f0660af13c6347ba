import Foundation
import ReplayDisk

/// Opens what power failures at many moments of a recording may have left.
struct Examination {
    struct Report: Sendable {
        var stateCount = 0
        /// Of them, such as are left by a power failure during or after a recovery.
        var secondCount = 0
        var findings: [Finding.Kind: Int] = [:]
        var findingCount: Int { findings.values.reduce(0, +) }
    }

    /// Power fails again while every so many-th state is recovered, so many times.
    private static let secondEvery = 40
    private static let secondCount = 10
    private static let shownFindings = 10

    let recording: Recording
    let history: History
    /// Where states are built: best in memory.
    let directory: String
    let seed: UInt64
    let stateCount: Int
    /// Of several at once, which states are this one's.
    let part: Int
    let partCount: Int
    /// Whose syncs do nothing, where this is a control, which ends when it has found enough.
    let ignored: IgnoredSyncs
    private let findingsWanted: Int
    private var deadline: ContinuousClock.Instant?

    private(set) var report = Report()

    init(_ arguments: Arguments) throws {
        recording = try Recording(contentsOf: try arguments.text("recording"))
        history = try History(of: recording)
        directory = try arguments.text("directory")
        seed = try arguments.number("seed", default: 0)
        stateCount = Int(try arguments.number("states", default: 100))
        part = Int(try arguments.number("part", default: 0))
        partCount = Int(try arguments.number("parts", default: 1))
        let name = arguments.has("ignoring-syncs") ? try arguments.text("ignoring-syncs") : "none"
        guard let ignored = IgnoredSyncs(rawValue: name) else { throw ReplayError("nobody has syncs of \(name)") }
        self.ignored = ignored
        findingsWanted = ignored == .none ? .max : 5
        if ignored != .none {
            deadline = .now + .seconds(Int(try arguments.number("seconds", default: 60)))
        }
    }

    /// Whether this has shown what it is for: that nothing is wrong, or, as a control, that it sees what is.
    var isGood: Bool { ignored == .none ? report.findingCount == 0 : countOfWanted > 0 }

    /// Without any sync there is no store at first; the syncs of one kind fail a store that is in use.
    private var ignoredAfter: Int { ignored == .all || recoversTwice ? 0 : recording.calls.count / 3 }

    private var recoversTwice: Bool { ignored == .none || ignored == .recovery }

    /// Without any sync it is acknowledged objects that have to be missed; of some syncs anything shows the lack.
    private var countOfWanted: Int {
        ignored == .all ? report.findings[.lost, default: 0] : report.findingCount
    }

    mutating func run() async throws -> Report {
        var disk = try ReplayedDisk(recording, ignoring: ignored, after: ignoredAfter)
        var applied = 0
        let states = chooseMoments().filter { $0.moment >= ignoredAfter }.enumerated()
            .filter { $0.offset % partCount == part }.map(\.element)
        for (number, moment) in states {
            for call in recording.calls[applied..<moment] { try disk.apply(call) }
            applied = moment
            // Every other time in the middle of a write that is durable only when it returns.
            let next = number.isMultiple(of: 2) && moment < recording.calls.count ? recording.calls[moment] : nil
            let found = try next.map { try disk.interrupted(in: $0) } ?? disk
            let failure = PowerFailure(seed: seed ^ UInt64(number) &* 0x9E37_79B9, unsynced: found.unsynced)
            let place = "state \(number) of seed \(seed), after call \(moment) of \(recording.calls.count), \(failure)"
            // Who finds this process dead finds here what it had opened.
            try Data("\(place)\n".utf8).write(to: URL(filePath: "\(directory)/current-\(part)"))
            await examine(found.surviving(failure), number, moment, place)
            let isLate = deadline.map { .now > $0 } ?? false
            if countOfWanted >= findingsWanted || isLate { break }
        }
        return report
    }

    /// By number, in the order of the recording: half of them where it matters most, before and after syncs and when
    /// something had just been acknowledged.
    private func chooseMoments() -> [(number: Int, moment: Int)] {
        let sharp = recording.calls.indices.flatMap { index in
            switch recording.calls[index] {
            case .synchronize, .mark, .rename: [index, index + 1]
            case .write(_, _, _, isSynced: true): [index, index + 1]
            default: [Int]()
            }
        }
        var generator = SeededGenerator(seed: seed)
        let all = (0..<stateCount).map { number in
            let isSharp = generator.chance(1, in: 2)
            let moment = Int.random(in: 0...recording.calls.count, using: &generator)
            return (number: number, moment: isSharp ? sharp.randomElement(using: &generator) ?? moment : moment)
        }
        return all.sorted { ($0.moment, $0.number) < ($1.moment, $1.number) }
    }

    private mutating func examine(_ image: DiskImage, _ number: Int, _ moment: Int, _ place: String) async {
        let store = RecoveredStore(directory: "\(directory)/state-\(part)")
        report.stateCount += 1
        do {
            try image.write(to: store.directory)
            _ = try await store.lookTwice { history.verdict(on: $0, after: moment) }
            guard recoversTwice, number % Self.secondEvery == 0 else { return }
            let again = SecondFailure(
                image: image, history: history, moment: moment, directory: directory, part: part,
                seed: seed &+ UInt64(number), ignored: ignored == .recovery ? .all : .none)
            for number in 0..<Self.secondCount {
                report.secondCount += 1
                report.stateCount += 1
                try await again.run(number)
            }
        } catch {
            let finding = error as? Finding ?? Finding(.damaged, "\(error)")
            report.findings[finding.kind, default: 0] += 1
            guard report.findingCount <= Self.shownFindings else { return }
            say("replay: \(place): \(finding)")
            // For whoever looks into it; nothing depends on it.
            try? image.write(to: "\(directory)/finding-\(number)")
        }
    }
}
