/// Goes through the versions of keys, in S3's order, and says which of them a bucket's rules have come to.
///
/// A value without a clock, a store or a key: what it knows of the versions before is all it remembers, so that a
/// bucket can be gone through page by page.
struct LifecycleReckoning: Sendable {
    /// A version as the rules see it.
    struct Version: Sendable, Equatable {
        var key: [UInt8]
        /// Whether it is the newest of its key.
        var isHead: Bool
        var isDeleteMarker: Bool
        var createdMilliseconds: Int64
        /// 0 of a delete marker.
        var sizeBytes: UInt64 = 0
        /// Empty of a delete marker, and where no rule asks for tags.
        var tags: [String: String] = [:]
    }

    enum Action: Sendable, Equatable {
        /// The object is deleted as a user would delete it, naming no version.
        case expire
        /// An older version goes for good.
        case removeNoncurrent
        /// A delete marker that hides nothing goes.
        case removeMarker
    }

    let rules: [LifecycleRule]
    let nowMilliseconds: Int64

    private var key: [UInt8]?
    /// When the version was put that the next one was hidden by; nil where that is not known.
    private var newerMilliseconds: Int64?
    private var noncurrentCount = 0

    init(_ configuration: LifecycleConfiguration, nowMilliseconds: Int64) {
        rules = configuration.enabledRules
        self.nowMilliseconds = nowMilliseconds
    }

    /// What becomes of the next version. A delete marker goes only if no version of its key follows, which whoever asks
    /// has to see to.
    mutating func take(_ version: Version) -> Action? {
        let isFirst = version.key != key
        if isFirst { begin(version.key) }
        defer { newerMilliseconds = version.createdMilliseconds }
        guard version.isHead else {
            defer { noncurrentCount += 1 }
            return isNoncurrentDue(version) ? .removeNoncurrent : nil
        }
        if version.isDeleteMarker { return isMarkerDue(version) ? .removeMarker : nil }
        return rules.contains { $0.filter.isTrue(of: version) && isDue($0.expiration, version) } ? .expire : nil
    }

    /// Takes note of a version of which nothing can be known: what it hides does not go because of it.
    mutating func takeUnknown(_ key: [UInt8], isHead: Bool) {
        if key != self.key { begin(key) }
        newerMilliseconds = nil
        if !isHead { noncurrentCount += 1 }
    }

    private mutating func begin(_ key: [UInt8]) {
        self.key = key
        newerMilliseconds = nil
        noncurrentCount = 0
    }

    private func isNoncurrentDue(_ version: Version) -> Bool {
        guard let newerMilliseconds else { return false }
        return rules.contains { rule in
            guard let older = rule.noncurrentExpiration, noncurrentCount >= older.keptCount ?? 0 else { return false }
            return LifecycleTime.due(newerMilliseconds, afterDays: older.days) <= nowMilliseconds
                && rule.filter.isTrue(of: version)
        }
    }

    private func isMarkerDue(_ marker: Version) -> Bool {
        rules.contains { rule in
            guard rule.filter.isTrue(of: marker) else { return false }
            return rule.expiration == .deleteMarkersAlone || isDue(rule.expiration, marker)
        }
    }

    private func isDue(_ expiration: LifecycleRule.Expiration?, _ version: Version) -> Bool {
        expiration?.dueMilliseconds(createdMilliseconds: version.createdMilliseconds).map { $0 <= nowMilliseconds }
            ?? false
    }
}

extension LifecycleRule.Expiration {
    /// When an object goes by it; nil for what concerns none.
    func dueMilliseconds(createdMilliseconds: Int64) -> Int64? {
        switch self {
        case .days(let days): LifecycleTime.due(createdMilliseconds, afterDays: days)
        case .date(let date): date.storeMillisecondsRoundedUp
        case .deleteMarkersAlone: nil
        }
    }
}

extension LifecycleFilter {
    fileprivate func isTrue(of version: LifecycleReckoning.Version) -> Bool {
        version.isDeleteMarker
            ? isTrue(ofNoObjectAt: version.key)
            : isTrue(ofKey: version.key, sizeBytes: version.sizeBytes, tags: version.tags)
    }
}
