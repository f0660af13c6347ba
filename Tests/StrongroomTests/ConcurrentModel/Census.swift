@testable import Strongroom

/// All that an idle store holds, held against the world that it should be.
struct Census {
    let store: Store
    let world: World

    func take(readingData: Bool) async throws {
        for (name, bucket) in world.buckets {
            try await check(ListStep(bucket: name, options: ListOptions()))
            for (key, stack) in bucket.stacks {
                for version in stack {
                    let place = Place(bucket: name, key: key)
                    try await check(ReadStep(place: place, version: version.id, part: .bytes(nil)))
                    try await check(ReadStep(place: place, version: version.id, part: .tags))
                }
            }
        }
        guard readingData else { return }
        let findings = try await store.verify(readingData: true).findings
        guard findings.isEmpty else { throw Replay.Disagreement(description: "verify finds \(findings)") }
    }

    @discardableResult
    private func check(_ step: any Step) async throws -> Answer {
        let answer = await step.answer(on: store)
        if let objection = step.wholeObjection(to: answer, in: world) {
            throw Replay.Disagreement(
                description: "opened again, after commit \(world.lsn): \(step)\n\(answer)\n  \(objection)")
        }
        return answer
    }
}
