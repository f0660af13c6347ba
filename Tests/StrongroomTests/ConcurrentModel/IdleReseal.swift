@testable import Strongroom

/// Brings every bucket of an idle store up to its default, and says in the world what that should have changed: how
/// objects are encrypted, and nothing else.
struct IdleReseal {
    let store: Store
    let renewsDataKeys: Bool

    func run(_ world: inout World) async throws {
        for (name, bucket) in world.buckets {
            guard case .encryption(let standard) = world.plan(.bucketDefault, presenting: nil, in: name) else {
                throw Replay.Disagreement(description: "\(name) has the default \(bucket.defaultEncryption)")
            }
            let report = try await store.bucket(name).reseal(
                ResealOptions(renewsDataKeys: renewsDataKeys, allowsLesserModes: true))
            guard report.isComplete else { throw Replay.Disagreement(description: "\(name): not all: \(report)") }
            var untouchableCount: UInt64 = 0
            for (key, stack) in bucket.stacks {
                for version in stack {
                    guard let object = version.object else { continue }
                    let place = Place(bucket: name, key: key)
                    let expected = standard.with(object.encryption.context)
                    if !Self.isUntouchable(object, standard) {
                        try await adopt(expected, version.id, at: place, &world)
                    } else if object.encryption != expected || renewsDataKeys && standard != .none {
                        untouchableCount += 1
                    }
                }
            }
            guard UInt64(report.untouchable.count) + report.unlistedUntouchableCount == untouchableCount else {
                throw Replay.Disagreement(description: "\(name): expected \(untouchableCount) untouchable: \(report)")
            }
        }
    }

    private static func isUntouchable(_ object: WorldObject, _ standard: WorldEncryption) -> Bool {
        // No retention ends while a test runs.
        object.encryption.customerKey != nil || object.info.legalHold || object.info.retention != nil
            || standard == .none
    }

    private func adopt(
        _ expected: WorldEncryption, _ version: VersionID, at place: Place, _ world: inout World
    ) async throws {
        let found = try await store.bucket(place.bucket).head(place.key, version: version).encryption
        if let objection = expected.objection(to: found) {
            throw Replay.Disagreement(description: "\(place) \(version), resealed: \(objection)")
        }
        world.change(place, version) { object in
            object.encryption = expected
            object.info.encryption = found
        }
    }
}

extension WorldEncryption {
    /// The same with the pairs that an object has.
    fileprivate func with(_ context: [String: String]) -> WorldEncryption {
        switch self {
        case .none, .s3Managed, .customerKey: self
        case .kms(let keyID, _, let usesBucketKey):
            .kms(keyID: keyID, context: context, usesBucketKey: usesBucketKey)
        case .kmsDualLayer(let keyID, _): .kmsDualLayer(keyID: keyID, context: context)
        }
    }
}
