import StrongroomCrypto

@testable import Strongroom

/// Gives a key a new version, under which nothing is yet.
struct RotateKeyStep: Step {
    enum Key: Sendable {
        case managed
        case service(TestKeyService, String)
    }

    var key: Key

    var places: [Place] { [] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        switch key {
        case .managed: try await store.rotateManagedKey()
        case .service(let service, let name):
            do {
                try service.rotate(name)
            } catch {
                throw StoreError(.secretMemoryUnavailable, "\(error)", underlying: error)
            }
        }
        return .done
    }

    func objection(to answer: Answer, in world: World) -> String? { nil }
}

/// Wraps anew what is under old versions of keys, which nobody may notice but by the versions.
struct RewrapStep: Step {
    /// First, so that there is something to do.
    var rotation: RotateKeyStep?
    var options: RewrapOptions

    var places: [Place] { [] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        if let rotation { _ = try await rotation.run(on: store) }
        // Its commits are of many objects, and change nothing that a world knows.
        let result = await WatchedMetadata.$note.withValue(nil) { await Self.rewrap(store, options) }
        return .rewrapped(try result.get())
    }

    private static func rewrap(_ store: Store, _ options: RewrapOptions) async -> Result<RewrapReport, StoreError> {
        do throws(StoreError) {
            return .success(try await store.rewrapKeys(options))
        } catch {
            return .failure(error)
        }
    }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .rewrapped(let report) = answer else { return "a report was expected" }
        if let limit = options.limit, report.rewrappedCount > limit { return "it rewrapped more than \(limit)" }
        if options.limit == nil, report.cursor != nil { return "it stopped without a limit" }
        // Rows change under it, and keys are disabled for a while; nothing else may be in its way.
        let others = report.failures.filter {
            !$0.reason.hasPrefix("It was changed meanwhile") && !$0.reason.hasSuffix("is disabled.")
        }
        return others.isEmpty ? nil : "it failed for other reasons: \(others)"
    }
}
