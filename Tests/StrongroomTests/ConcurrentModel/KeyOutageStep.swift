import Synchronization

@testable import Strongroom

/// A few milliseconds in which a key of the service is disabled. What needs the service meanwhile may be refused, and
/// must then have done nothing.
struct KeyOutageStep: Step {
    let service: TestKeyService
    let key: String

    var places: [Place] { [] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        let arn = TestKeyService.arn(key)
        service.state.withLock { _ = $0.disabled.insert(arn) }
        try? await Task.sleep(for: .milliseconds(3))
        service.state.withLock { _ = $0.disabled.remove(arn) }
        return .done
    }

    func objection(to answer: Answer, in world: World) -> String? { nil }
}

extension Replay {
    /// Whether a key was disabled while the step ran, or at the beginning of another's call that it may have waited
    /// for: of several that need a Bucket Key one has it made.
    func mayFindKeyDisabled(_ event: Event, in worlds: ArraySlice<World>) -> Bool {
        guard worlds.contains(where: event.step.asksKeyService) else { return false }
        let outages = events.filter { $0.step is KeyOutageStep }
        if outages.contains(where: event.overlaps) { return true }
        return events.contains { other in
            other.answer.code == .keyDisabled && event.overlaps(other) && outages.contains(where: other.overlaps)
        }
    }
}

extension Event {
    fileprivate func overlaps(_ other: Event) -> Bool { began < other.ended && other.began < ended }
}
