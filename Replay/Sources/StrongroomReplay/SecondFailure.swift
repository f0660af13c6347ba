import CReplayMarks
import Foundation
import ReplayDisk
import Strongroom

/// Power fails once more, while a store is recovered or used after that.
struct SecondFailure {
    private static let callCount = 6

    /// What the first failure left, when that was, and what it had to leave.
    let image: DiskImage
    let history: History
    let moment: Int
    let directory: String
    let part: Int
    let seed: UInt64
    let ignored: IgnoredSyncs

    func run(_ number: Int) async throws {
        var generator = SeededGenerator(seed: seed &+ UInt64(number) << 32)
        let (recording, base) = try await record(&generator)
        let later = try History(of: recording, after: base)
        let end = Int.random(in: 0...recording.calls.count, using: &generator)
        var disk = try ReplayedDisk(recording, from: image, ignoring: ignored)
        for call in recording.calls[..<end] { try disk.apply(call) }
        if end < recording.calls.count, generator.chance(1, in: 2) {
            disk = try disk.interrupted(in: recording.calls[end])
        }
        let failure = PowerFailure(seed: generator.next(), unsynced: disk.unsynced)
        let store = RecoveredStore(directory: "\(directory)/second-\(part)")
        try disk.surviving(failure).write(to: store.directory)
        do {
            _ = try await store.lookTwice { found in
                // What a recovered store has once shown, it shows again.
                if let openedAt = later.openedAt, openedAt < end { return later.verdict(on: found, after: end) }
                return history.verdict(on: found, after: moment)
            }
        } catch {
            throw Finding(
                error.kind, "when power fails again after call \(end) of \(recording.calls.count), \(failure): \(error)"
            )
        }
    }

    private func record(_ generator: inout SeededGenerator) async throws -> (Recording, StoreContent) {
        let place = "\(directory)/again-\(part)"
        let log = "\(place).log"
        try image.write(to: place)
        // Safe: the C strings live as long as the call runs.
        guard strongroom_recorder_is_loaded(), unsafe strongroom_recorder_start(place, log) == 0 else {
            throw ReplayError("this runs under the recorder: LD_PRELOAD its library")
        }
        defer { strongroom_recorder_stop() }
        let store = try await ReplayStore.open(in: place)
        let base = try await StoreContent(observing: store)
        try Mark.opened.write()
        if base.buckets.count == 2 {
            var known = StoreContent()
            known.buckets = base.buckets
            var writer = Writer(store, named: "later", seed: generator.next(), knowing: known, numbersFrom: 1)
            for _ in 0..<Self.callCount { try await writer.act() }
            if generator.chance(1, in: 2) { try await store.checkpoint() }
        }
        try await store.close()
        strongroom_recorder_stop()
        return (try Recording(contentsOf: log), base)
    }
}
