import Foundation

@testable import Strongroom

/// What a bucket holds, and what becomes of it by S3's rules: each version looked at by itself, in plain lists.
struct LifecycleModel {
    struct Version: Equatable {
        /// Nil of a delete marker that a run has written, until it was seen.
        var id: VersionID?
        var isMarker: Bool
        var created: Date
        var sizeBytes = 0
        var tags: [String: String] = [:]
        var isLocked = false
    }

    struct Upload: Equatable {
        var key: ObjectKey
        var id: UploadID
        var initiated: Date
    }

    var versioning: Versioning
    /// The newest first.
    var versions: [ObjectKey: [Version]] = [:]
    var uploads: [Upload] = []
    var rules: [LifecycleRule] = []

    mutating func put(_ version: Version, at key: ObjectKey) {
        var stack = versions[key, default: []]
        switch versioning {
        case .unversioned: stack = []
        case .suspended: stack.removeAll { $0.id == .null }
        case .enabled: break
        }
        versions[key] = [version] + stack
    }

    mutating func delete(_ key: ObjectKey, marker: VersionID?, at date: Date) {
        guard versioning != .unversioned else {
            versions[key] = nil
            return
        }
        put(Version(id: versioning == .suspended ? .null : marker, isMarker: true, created: date), at: key)
    }

    /// All that is due goes, in one moment.
    mutating func run(at now: Date) {
        for (key, stack) in versions {
            var gone: [Int] = []
            var isHidden = false
            for (index, version) in stack.enumerated() {
                if index > 0 {
                    let isDue = isNoncurrentDue(version, key, index - 1, since: stack[index - 1].created, now)
                    if isDue, !version.isLocked { gone.append(index) }
                } else if version.isMarker {
                    if stack.count == 1, rules.contains(where: { removes(marker: version, key, $0, now) }) {
                        gone.append(index)
                    }
                } else {
                    isHidden = rules.contains { expires(version, key, $0, now) }
                }
            }
            versions[key] = stack.indices.filter { !gone.contains($0) }.map { stack[$0] }
            if isHidden { delete(key, marker: nil, at: now) }
            if versions[key]?.isEmpty == true { versions[key] = nil }
        }
        uploads = uploads.filter { upload in !rules.contains { aborts(upload, $0, now) } }
    }

    // MARK: One rule

    private func expires(_ version: Version, _ key: ObjectKey, _ rule: LifecycleRule, _ now: Date) -> Bool {
        concerns(version, key, rule) && hasCome(rule, version, now)
    }

    private func removes(marker: Version, _ key: ObjectKey, _ rule: LifecycleRule, _ now: Date) -> Bool {
        guard concerns(marker, key, rule) else { return false }
        return rule.expiration == .deleteMarkersAlone || hasCome(rule, marker, now)
    }

    private func hasCome(_ rule: LifecycleRule, _ version: Version, _ now: Date) -> Bool {
        switch rule.expiration {
        case .days(let days)?: now >= Self.midnight(after: version.created, days)
        case .date(let date)?: now >= date
        case .deleteMarkersAlone?, nil: false
        }
    }

    private func isNoncurrentDue(
        _ version: Version, _ key: ObjectKey, _ newerCount: Int, since: Date, _ now: Date
    ) -> Bool {
        rules.contains { rule in
            guard let older = rule.noncurrentExpiration, concerns(version, key, rule) else { return false }
            return newerCount >= older.keptCount ?? 0 && now >= Self.midnight(after: since, older.days)
        }
    }

    private func aborts(_ upload: Upload, _ rule: LifecycleRule, _ now: Date) -> Bool {
        guard rule.isEnabled, let days = rule.abortsUploadsAfterDays else { return false }
        return begins(upload.key, rule) && now >= Self.midnight(after: upload.initiated, days)
    }

    private func begins(_ key: ObjectKey, _ rule: LifecycleRule) -> Bool {
        Array(key.rawValue.utf8).starts(with: Array((rule.filter.prefix ?? "").utf8))
    }

    private func concerns(_ version: Version, _ key: ObjectKey, _ rule: LifecycleRule) -> Bool {
        guard rule.isEnabled, begins(key, rule) else { return false }
        let (least, most) = (rule.filter.isLargerThanBytes, rule.filter.isSmallerThanBytes)
        if version.isMarker { return least == nil && most == nil && rule.filter.tags.values.isEmpty }
        if let least, version.sizeBytes <= least { return false }
        if let most, version.sizeBytes >= most { return false }
        for (name, value) in rule.filter.tags.values where version.tags[name] != value { return false }
        return true
    }

    /// By a calendar, where the store counts.
    private static func midnight(after date: Date, _ days: Int) -> Date {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        let reached = calendar.date(byAdding: .day, value: days, to: date)!
        return calendar.date(byAdding: .day, value: 1, to: calendar.startOfDay(for: reached))!
    }
}
