@testable import Strongroom

/// Moves what the journal holds into the catalog, which nobody may notice.
struct CheckpointStep: Step {
    var places: [Place] { [] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        try await store.checkpoint()
        return .done
    }

    func objection(to answer: Answer, in world: World) -> String? { nil }
}
