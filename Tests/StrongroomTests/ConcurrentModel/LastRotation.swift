import Synchronization

@testable import Strongroom

/// Rotates every key of an idle store, has all wrapped anew, and loses the old versions at the key service: what can be
/// read after that owes nothing to them.
struct LastRotation {
    let store: Store
    let service: TestKeyService

    func run() async throws {
        try await store.rotateManagedKey()
        for key in ModelKeys.serviceKeys { try service.rotate(key) }
        let report = try await store.rewrapKeys()
        guard report.isComplete else { throw Replay.Disagreement(description: "not all is rewrapped: \(report)") }
        let current = service.state.withLock { $0.current }
        let coverage = try await store.encryptionCoverage()
        let managed = Set(coverage.entries.filter { $0.mode == .s3Managed }.map(\.keyVersion))
        let old = coverage.entries.filter { entry in
            (entry.mode == .kms || entry.mode == .kmsDualLayer) && entry.keyVersion != current[entry.keyID ?? ""]
        }
        guard managed.count <= 1, old.isEmpty else {
            throw Replay.Disagreement(description: "after a rewrap there are \(managed) and \(old)")
        }
        for key in ModelKeys.serviceKeys {
            for version in 1..<(current[TestKeyService.arn(key)].flatMap { Int($0) } ?? 1) {
                try service.forgetVersion(String(version), of: key)
            }
        }
    }
}
