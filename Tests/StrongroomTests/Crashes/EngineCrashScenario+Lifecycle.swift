import Foundation

@testable import Strongroom

extension EngineCrashScenario {
    static let lifecycle = [
        EngineCrashScenario(
            "a bucket's rules are set and run, one delete after the other", isAtomic: false, after: withObjects,
            { _ = try await $0.store.bucket("bucket").setLifecycle(rules) }, { try await $0.checkpoint() },
            { _ = try await $0.store.runLifecycle() }, { try await $0.checkpoint() },
            { _ = try await $0.store.bucket("bucket").setLifecycle(nil) }),
        EngineCrashScenario(
            "an object with versions is hidden by a rule", after: withRuledVersions,
            { _ = try await $0.store.runLifecycle() }, { try await $0.checkpoint() }
        ).goingOn { engine in
            _ = try await engine.store.runLifecycle()
            let entries = try await engine.store.bucket("bucket").listVersions().entries
            guard entries.map(\.isDeleteMarker) == [true, false, false, false] else {
                throw CensusFailure("the run that was broken off cannot be done again")
            }
        },
    ]

    private static var rules: LifecycleConfiguration {
        get throws {
            let past = Date(timeIntervalSince1970: 86_400)
            return try LifecycleConfiguration([LifecycleRule(id: "all", expiration: .date(past))])
        }
    }

    private static let withRuledVersions: Call = { engine in
        try await withVersions(engine)
        try await engine.store.bucket("bucket").setLifecycle(rules)
    }
}
