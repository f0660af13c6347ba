@testable import Strongroom

extension EngineCrashScenario {
    static let keys = [
        EngineCrashScenario(
            "keys are rotated and data keys wrapped anew", isAtomic: false, after: withObjects,
            { try await $0.store.rotateManagedKey() }, { _ = try await $0.store.rewrapKeys() },
            { try await $0.checkpoint() })
    ]
}
