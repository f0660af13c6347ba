import StrongroomStorage
import Testing

@testable import Strongroom

/// The replay's own measure: what nobody can be caught at is no test.
@Suite("Replay")
struct ReplayTests {
    static let place = Place(bucket: "kept", key: "a")

    /// What a store did to one key, one step after the other.
    static func record(_ steps: [any Step]) async throws -> [Event] {
        let directory = try TemporaryDirectory()
        let service = try ModelKeys.service("replay \(directory.path)")
        var options = StoreOptions.forTests
        options.keyService = ModelKeys.options(service)
        let store = try await Store.open(at: directory.store, options: options).watched()
        try await store.make(Chooser.buckets)
        var events: [Event] = []
        for (index, step) in steps.enumerated() {
            let note = WatchedMetadata.Note()
            let answer = await WatchedMetadata.$note.withValue(note) { await step.answer(on: store) }
            events.append(
                Event(
                    task: 0, step: step, began: 2 * index, ended: 2 * index + 1, answer: answer, commit: note.value))
        }
        try await store.close()
        return events
    }

    static func agree(_ events: [Event]) -> Bool {
        var replay = Replay(from: World(buckets: Chooser.buckets), events)
        return (try? replay.run()) != nil
    }

    private static func put(_ byte: UInt8, _ condition: WriteCondition? = nil) -> PutStep {
        PutStep(place: place, content: Content([byte]), options: PutOptions(condition: condition))
    }

    private static let read = ReadStep(place: place, part: .bytes(nil))

    @Test("What a store does alone agrees; a lost, a stale and an invented answer do not")
    func findsFalseAnswers() async throws {
        let list = ListStep(bucket: "kept", options: ListOptions())
        let delete = DeleteStep(place: Self.place)
        let events = try await Self.record([
            Self.put(1), Self.read, Self.put(2), Self.read, list, Self.put(3, .absent), delete, Self.read, list,
        ])
        #expect(Self.agree(events))
        // Every put lost that something was said of later.
        for lost in [0, 2, 6] { #expect(!Self.agree(events.filter { $0.began != 2 * lost })) }
        for (stale, old) in [(3, 1), (8, 4), (7, 3), (5, 0), (1, 7), (2, 0)] {
            var altered = events
            altered[stale].answer = events[old].answer
            #expect(!Self.agree(altered), "step \(stale) with the answer of \(old)")
        }
        // Commits in another order than they were acknowledged in.
        var swapped = events
        (swapped[0].commit, swapped[2].commit) = (events[2].commit, events[0].commit)
        #expect(!Self.agree(swapped))
    }

    @Test("A copy may be of its source before a change that left the bytes as they were, while it was under way")
    func sameBytes() async throws {
        let source = Place(bucket: "kept", key: "b")
        let puts = ["text/1", "text/2"].map {
            PutStep(place: source, content: Content([]), options: PutOptions(contentType: $0))
        }
        var events = try await Self.record([
            puts[0], puts[1], CopyStep(source: source, place: Self.place, options: CopyOptions()),
            ReadStep(place: Self.place, part: .head),
        ])
        #expect(Self.agree(events))
        guard case .info(var info) = events[3].answer else { return }
        info.contentType = "text/1"
        events[3].answer = .info(info)
        #expect(!Self.agree(events))
        events[2].began = events[1].began
        #expect(Self.agree(events))
    }

    @Test("What was seen while a commit was under way may be before it or after it")
    func windows() async throws {
        var events = try await Self.record([Self.put(1), Self.read, Self.put(2), Self.read])
        // The first read, begun before the second put ended; the last, begun before it, too.
        events[1].ended = 5
        events[3].began = 1
        #expect(Self.agree(events))
        (events[1].answer, events[3].answer) = (events[3].answer, events[1].answer)
        #expect(Self.agree(events))
        events[3].began = 6
        #expect(!Self.agree(events))
    }
}
