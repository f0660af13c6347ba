import Synchronization

/// The clock that all tasks share, and how many steps there are to be.
final class Marks: Sendable {
    private let clock = Atomic(0)
    private let steps = Atomic(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var taken: Int { steps.load(ordering: .relaxed) }

    func takeStep() -> Bool { steps.wrappingAdd(1, ordering: .relaxed).oldValue < limit }

    func next() -> Int { clock.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue }
}
