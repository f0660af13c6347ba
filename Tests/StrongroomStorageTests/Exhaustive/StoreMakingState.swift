import StrongroomStorage
import StrongroomTestSupport

/// How far a scenario is with making its store.
enum StoreMakingState: Sendable {
    /// It is there from the beginning.
    case notNeeded
    case underway(StoreMaking)
    /// Somebody was told that it is there.
    case done

    /// What is done with what is found after a power failure: what is no store yet is made anew.
    func finish(
        _ machine: SimulatedMachine, sums: RowSumDefinition?, whenIndexIsAnother: () -> Void
    ) async throws {
        switch self {
        case .notNeeded: return
        case .done:
            let isThere = try StoreMaking.isWhole(machine.fileSystem)
            guard isThere else { throw Discrepancy("the store was made, and is not there") }
        case .underway(let making):
            if try StoreMaking.isWhole(machine.fileSystem) { return }
            try await making.run(machine, sums: sums, whenIndexIsAnother: whenIndexIsAnother)
        }
    }
}
