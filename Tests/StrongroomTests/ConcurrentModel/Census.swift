@testable import Strongroom

/// All that an idle store holds, held against the world that it should be.
struct Census {
    let store: Store
    let world: World

    func take(readingData: Bool) async throws {
        for (name, bucket) in world.buckets {
            try await check(ListStep(bucket: name, options: ListOptions()))
            var versions = VersionListStep(bucket: name, options: VersionListOptions())
            repeat {
                guard case .versions(let page) = try await check(versions) else { break }
                versions.options.continuation = page.continuation
            } while versions.options.continuation != nil
            try await check(ListUploadsStep(bucket: name, prefix: "", limit: ListOptions.limitMaximum))
            for (id, upload) in bucket.uploads {
                try await check(ListPartsStep(place: upload.place, upload: id, after: 0, limit: 1_000))
            }
            for (key, stack) in bucket.stacks {
                for version in stack {
                    let place = Place(bucket: name, key: key)
                    let key = version.object?.encryption.customerKey
                    for part in [ReadStep.Part.bytes(nil), .head, .attributes] {
                        try await check(ReadStep(place: place, version: version.id, part: part, presented: key))
                    }
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
