@testable import Strongroom

/// What an idle store says of its buckets' settings and of how its objects are encrypted, held against the world that
/// it should be.
struct EncryptionCensus {
    let store: Store
    let world: World

    func take() async throws {
        for (name, bucket) in world.buckets {
            let info = try await store.bucket(name).info()
            guard info.defaultEncryption == bucket.defaultEncryption, info.versioning == bucket.versioning,
                info.allowedEncryption.contains(.customerKeys) == bucket.allowsCustomerKeys,
                info.defaultRetention == bucket.defaultRetention
            else { throw Replay.Disagreement(description: "expected \(bucket), found \(info)") }
            let (expected, found) = (expected(name), try await store.encryptionCoverage(of: name))
            let counts = found.entries.reduce(into: [:]) { $0[Kind($1), default: Count()].add($1) }
            guard counts == expected, found.damagedCount == 0 else {
                throw Replay.Disagreement(description: "\(name): expected \(expected), found \(counts)")
            }
        }
    }

    private func expected(_ name: BucketName) -> [Kind: Count] {
        var counts: [Kind: Count] = [:]
        var standard: Kind?
        if case .encryption(let encryption) = world.plan(.bucketDefault, presenting: nil, in: name) {
            standard = Kind(encryption)
        }
        for object in (world.buckets[name]?.stacks ?? [:]).values.joined().compactMap(\.object) {
            let kind = Kind(object.encryption)
            counts[kind, default: Count()].objects += 1
            counts[kind, default: Count()].bytes += object.info.sizeBytes
            if kind != standard { counts[kind, default: Count()].unlikeDefault += 1 }
        }
        return counts
    }

    /// Without versions: those of keys are no part of a world.
    private struct Kind: Hashable {
        var mode: EncryptionCoverage.Mode
        var keyID: String?
        var usesBucketKey = false

        init(_ encryption: WorldEncryption) {
            switch encryption {
            case .none: mode = .none
            case .s3Managed: mode = .s3Managed
            case .kms(let keyID, _, let usesBucketKey):
                (mode, self.keyID, self.usesBucketKey) = (.kms, keyID, usesBucketKey)
            case .kmsDualLayer(let keyID, _): (mode, self.keyID) = (.kmsDualLayer, keyID)
            case .customerKey: mode = .customerKey
            }
        }

        init(_ entry: EncryptionCoverage.Entry) {
            (mode, usesBucketKey) = (entry.mode, entry.usesBucketKey)
            if entry.mode == .kms || entry.mode == .kmsDualLayer { keyID = entry.keyID }
        }
    }

    private struct Count: Hashable {
        var objects: UInt64 = 0
        var bytes: UInt64 = 0
        var unlikeDefault: UInt64 = 0

        mutating func add(_ entry: EncryptionCoverage.Entry) {
            objects += entry.objectCount
            bytes += entry.bytes
            unlikeDefault += entry.unlikeDefaultCount
        }
    }
}
