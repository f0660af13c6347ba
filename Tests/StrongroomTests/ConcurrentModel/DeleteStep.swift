import Foundation
import StrongroomStorage

@testable import Strongroom

/// Hides an object behind a delete marker, or removes it where no versions are kept.
struct DeleteStep: Step {
    var place: Place
    var condition: WriteCondition?
    /// By the bucket's handle; of no account, for a delete needs no key.
    var presented: CustomerKey?

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .delete(
            try await store.bucket(place.bucket, presenting: presented).delete(place.key, if: condition))
    }

    func refusals(in world: World) -> [StoreError.Code] { world.refusals(of: condition, at: place) }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .delete(let receipt) = answer else { return "a delete's receipt was expected" }
        guard world.buckets[place.bucket]?.versioning == .unversioned else { return "a delete marker was expected" }
        guard world.current(place) == nil else { return "there is an object to delete" }
        let expected = DeleteReceipt(existed: false, versionID: nil, isDeleteMarker: false, lsn: nil)
        return receipt == expected ? nil : "expected \(expected)"
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .delete(let receipt) = done.answer else { return "a delete's receipt was expected" }
        guard let versioning = world.buckets[place.bucket]?.versioning else { return "there is no bucket" }
        guard receipt.lsn == done.commit.lsn else { return "the receipt is of another commit" }
        guard receipt.existed == (world.current(place) != nil) else { return "existed is wrong" }
        guard receipt.isDeleteMarker == (versioning != .unversioned) else { return "versioning is \(versioning)" }
        switch versioning {
        case .unversioned:
            guard receipt.versionID == (receipt.existed ? .null : nil) else { return "the version is wrong" }
            world.remove(.null, at: place)
        case .enabled, .suspended:
            guard let id = receipt.versionID, (id == .null) == (versioning == .suspended) else {
                return "versioning is \(versioning)"
            }
            world.push(WorldVersion(id: id, commit: done.commit), at: place)
        }
        return nil
    }
}
