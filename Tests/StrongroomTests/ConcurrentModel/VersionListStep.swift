import Foundation
import StrongroomStorage

@testable import Strongroom

/// One page of a listing of versions, which must be that of the very commit it names.
struct VersionListStep: Step {
    var bucket: BucketName
    var options: VersionListOptions

    var places: [Place] { [] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .versions(try await store.bucket(bucket).listVersions(options))
    }

    private struct Entry {
        var key: ObjectKey
        var version: WorldVersion
        var isLatest: Bool
    }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .versions(let page) = answer else { return "a page was expected" }
        guard page.damaged.isEmpty else { return "rows are damaged" }
        let rollup = Rollup(prefix: options.prefix, delimiter: options.delimiter)
        var entries: [Entry] = []
        var prefixes: [[UInt8]] = []
        var isWhole = true
        for entry in candidates(in: world) {
            let bytes = Array(entry.key.rawValue.utf8)
            guard bytes.starts(with: rollup.prefix) else { continue }
            let common = rollup.common(bytes)
            if let common, prefixes.last == common { continue }
            guard entries.count + prefixes.count < options.limit else {
                isWhole = false
                break
            }
            if let common { prefixes.append(common) } else { entries.append(entry) }
        }
        guard page.commonPrefixes.map({ Array($0.utf8) }) == prefixes else { return "expected prefixes \(prefixes)" }
        guard page.entries.count == entries.count else {
            return "expected \(entries.map { "\($0.key) \($0.version.id)" })"
        }
        for (entry, found) in zip(entries, page.entries) {
            if let objection = objection(to: found, entry) { return objection }
        }
        return (page.continuation == nil) == isWhole ? nil : "the page is\(isWhole ? "" : " not") the last"
    }

    /// In S3's order, from where the page begins.
    private func candidates(in world: World) -> [Entry] {
        guard let stacks = world.buckets[bucket]?.stacks else { return [] }
        return stacks.keys.sorted().flatMap { key -> [Entry] in
            let bytes = Array(key.rawValue.utf8)
            if options.continuation == nil, let after = options.startAfter,
                !Array(after.utf8).lexicographicallyPrecedes(bytes)
            {
                return []
            }
            let stack = stacks[key] ?? []
            return stack.indices.reversed().compactMap { index in
                let isLatest = index == stack.count - 1
                guard isAfterStart(bytes, stack[index]) else { return nil }
                return Entry(key: key, version: stack[index], isLatest: isLatest)
            }
        }
    }

    /// A page begins at a key, or at one of its versions, whatever has become of those that were newer.
    private func isAfterStart(_ key: [UInt8], _ version: WorldVersion) -> Bool {
        guard let bound = options.continuation?.lowerBound else { return true }
        let rank = bound.rank == 0 ? 0 : ~version.commit.lsn
        return VersionPosition(key: key, rank: rank) >= bound
    }

    private func objection(to found: VersionEntry, _ entry: Entry) -> String? {
        guard found.key == entry.key, found.isLatest == entry.isLatest else {
            return "expected \(entry), found \(found)"
        }
        switch (found, entry.version.object) {
        case (.object(let info, _), let object?): return object.objection(to: info, isOpened: false)
        case (.deleteMarker(let info, _), nil):
            let expected = DeleteMarkerInfo(
                key: entry.key, versionID: entry.version.id,
                lastModified: Date(storeMilliseconds: entry.version.commit.timeMilliseconds),
                lsn: entry.version.commit.lsn)
            return info == expected ? nil : "expected \(expected), found \(info)"
        default: return "expected \(entry), found \(found)"
        }
    }
}
