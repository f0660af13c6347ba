import StrongroomKeys

@testable import Strongroom

/// What hangs on keys, counted by going through all rows, each authenticated and decoded: what the index must say. Of a
/// store at which nobody is at work.
struct KeyUsageScan {
    struct Count: Equatable {
        /// Objects, bytes, uploads and Bucket Keys by version.
        var versions: [String: [UInt64]] = [:]
        var locked: UInt64 = 0
        var lockedBytes: UInt64 = 0
        var lockedUntilMilliseconds: Int64?

        mutating func add(_ version: String, _ amounts: [UInt64]) {
            versions[version] = zip(versions[version] ?? [0, 0, 0, 0], amounts).map(+)
        }
    }

    struct Disagreement: Error, CustomStringConvertible {
        var description: String
    }

    let engine: Engine

    init(_ store: Store) { engine = store.engine }

    /// Compares for all keys that rows name, and for `others`, under which there may be nothing.
    func check(others: [String] = []) async throws {
        let scanned = try await count()
        for key in Set(scanned.keys).union(others) {
            let said = try await Self.counts(engine.keyUsage(of: key))
            guard said == scanned[key] ?? [:] else {
                throw Disagreement(description: "\(key): the index says \(said), the rows \(scanned[key] ?? [:])")
            }
        }
    }

    private static func counts(_ usage: KeyUsage) -> [String: Count] {
        var counts: [String: Count] = [:]
        for bucket in usage.buckets {
            var count = Count(
                locked: bucket.lockedCount, lockedBytes: bucket.lockedBytes,
                lockedUntilMilliseconds: bucket.lockedUntilMilliseconds)
            for version in bucket.versions {
                count.add(
                    version.keyVersion ?? "(unknown)",
                    [version.objectCount, version.bytes, version.uploadCount, version.bucketKeyCount])
            }
            counts[bucket.name] = count
        }
        return counts
    }

    private func count() async throws -> [String: [String: Count]] {
        var counts: [String: [String: Count]] = [:]
        var bucketKeys: [[UInt8]: WrappedDataKey] = [:]
        let time = engine.lockClock.time
        for table in Engine.sealedTables {
            var place: [UInt8]? = [table]
            while let start = place {
                let page = try await engine.sealedRows(after: start, limit: 100)
                for row in try page.rows.map({ try $0.get() }) {
                    let bucket = row.bucket.rawValue
                    func add(_ key: String, _ version: String, _ amounts: [UInt64]) {
                        counts[key, default: [:]][bucket, default: Count()].add(version, amounts)
                    }
                    switch row.content {
                    case .bucketKey(let key):
                        bucketKeys[Array(row.rowKey.dropFirst())] = key.wrapped
                        add(key.wrapped.keyID, key.wrapped.keyVersion, [0, 0, 0, 1])
                    case .upload(let upload):
                        for (key, version) in uses(upload.object, row, bucketKeys) { add(key, version, [0, 0, 1, 0]) }
                    case .object(let object):
                        for (key, version) in uses(object, row, bucketKeys) {
                            add(key, version, [1, object.sizeBytes, 0, 0])
                            guard let retention = object.lock.retention, retention.mode == .compliance,
                                time.isBefore(retention)
                            else { continue }
                            counts[key]![bucket]!.locked += 1
                            counts[key]![bucket]!.lockedBytes += object.sizeBytes
                            counts[key]![bucket]!.lockedUntilMilliseconds = max(
                                counts[key]![bucket]!.lockedUntilMilliseconds ?? .min, retention.untilMilliseconds)
                        }
                    }
                }
                place = page.last
            }
        }
        return counts
    }

    private func uses(
        _ object: ObjectRow, _ row: SealedRow, _ bucketKeys: [[UInt8]: WrappedDataKey]
    ) -> [(key: String, version: String)] {
        guard case .wrapped(let sealing) = object.sealing, sealing.mode != .customerKey else { return [] }
        let bucketKey = sealing.bucketKeyID.flatMap { bucketKeys[row.known.row.uid + $0] }
        var uses = [(sealing.keyID, bucketKey?.keyVersion ?? sealing.keyVersion)]
        if let outer = sealing.outerLayer { uses.append((outer.keyID, outer.keyVersion)) }
        return uses
    }
}
