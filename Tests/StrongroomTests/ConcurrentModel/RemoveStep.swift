import StrongroomStorage

@testable import Strongroom

/// Deletes one version for good.
struct RemoveStep: Step {
    var place: Place
    var version: VersionID
    var bypassesGovernance = false

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .delete(
            try await store.bucket(place.bucket).delete(
                place.key, version: version, bypassingGovernance: bypassesGovernance))
    }

    func refusals(in world: World) -> [StoreError.Code] {
        if bypassesGovernance, world.buckets[place.bucket]?.hasObjectLock != true { return [.invalidArgument] }
        guard case .object(let object) = world.find(place, version) else { return [] }
        let mayGo = !object.info.legalHold && (object.info.retention.map(mayGo) ?? true)
        return mayGo ? [] : [.accessDenied]
    }

    /// No retention ends while a test runs.
    private func mayGo(_ retention: Retention) -> Bool { bypassesGovernance && retention.mode == .governance }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .delete(let receipt) = answer else { return "a delete's receipt was expected" }
        guard !world.stack(place).contains(where: { $0.id == version }) else { return "the version is there" }
        let expected = DeleteReceipt(existed: false, versionID: nil, isDeleteMarker: false, lsn: nil)
        return receipt == expected ? nil : "expected \(expected)"
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .delete(let receipt) = done.answer else { return "a delete's receipt was expected" }
        guard let found = world.stack(place).first(where: { $0.id == version }) else { return "there is no version" }
        let expected = DeleteReceipt(
            existed: true, versionID: version, isDeleteMarker: found.object == nil, lsn: done.commit.lsn)
        guard receipt == expected else { return "expected \(expected)" }
        world.remove(version, at: place)
        return nil
    }
}
