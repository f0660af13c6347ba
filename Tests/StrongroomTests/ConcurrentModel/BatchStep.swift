import StrongroomStorage

@testable import Strongroom

/// Several writes at once, over several buckets.
struct BatchStep: Step {
    enum Part: Sendable {
        case put(PutStep)
        case copy(CopyStep)
        case delete(DeleteStep)

        var step: any Step {
            switch self {
            case .put(let step): step
            case .copy(let step): step
            case .delete(let step): step
            }
        }

        var target: Place {
            switch self {
            case .put(let step): step.place
            case .copy(let step): step.place
            case .delete(let step): step.place
            }
        }
    }

    var parts: [Part]

    var places: [Place] { parts.flatMap(\.step.places) }

    func run(on store: Store) async throws(StoreError) -> Answer {
        let receipt = try await store.batch { batch in
            for part in parts {
                switch part {
                case .put(let put):
                    assert(put.presented == nil, "a batch names buckets, and has no handles")
                    batch.put(put.place.key, put.content.bytes, in: put.place.bucket, options: put.options)
                case .copy(let copy):
                    assert(copy.presented == nil && copy.sourcePresented == nil)
                    batch.copy(
                        copy.source.key, from: copy.source.bucket, to: copy.place.key, in: copy.place.bucket,
                        options: copy.options)
                case .delete(let delete):
                    batch.delete(delete.place.key, in: delete.place.bucket, if: delete.condition)
                }
            }
        }
        return .batch(receipt)
    }

    /// Sources of copies count as they are at the commit, too.
    func refusals(in world: World) -> [StoreError.Code] {
        if Set(parts.map(\.target)).count < parts.count { return [.invalidArgument] }
        return parts.flatMap { $0.step.refusals(in: world) }
    }

    func refusals(bySettingsOf world: World) -> [StoreError.Code] {
        parts.flatMap { $0.step.refusals(bySettingsOf: world) }
    }

    func asksKeyService(in world: World) -> Bool { parts.contains { $0.step.asksKeyService(in: world) } }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .batch(let receipt) = answer, receipt.lsn == nil, receipt.results.count == parts.count else {
            return "a receipt of nothing was expected"
        }
        for (part, result) in zip(parts, receipt.results) {
            guard case .delete(let delete) = result else { return "only deletes can have nothing to do" }
            if let objection = part.step.objection(to: .delete(delete), in: world) { return objection }
        }
        return nil
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .batch(let receipt) = done.answer, receipt.results.count == parts.count,
            receipt.lsn == done.commit.lsn
        else { return "a batch's receipt was expected" }
        for (part, result) in zip(parts, receipt.results) {
            let answer: Answer =
                switch result {
                case .put(let put): .put(put)
                case .delete(let delete): .delete(delete)
                }
            let own = Done(answer: answer, commit: done.commit, past: done.past.suffix(1), settings: done.settings)
            if let objection = part.step.apply(own, to: &world) { return "\(part.target): \(objection)" }
        }
        return nil
    }
}
