internal import StrongroomStorage
internal import StrongroomSystem

/// Reads from one snapshot's sums what hangs on a key. Looks at names of that key alone, and of its locks at those of
/// the hour that it is and at the hours ahead.
struct KeyUsageReading {
    let snapshot: any MetadataSnapshot
    let sums: RowSums
    let keyID: [UInt8]
    let time: LockTime

    /// By bucket uid.
    func run(version wanted: [UInt8]?) throws(StorageError) -> [[UInt8]: CountedUsage] {
        var found: [[UInt8]: CountedUsage] = [:]
        var looked: Set<[UInt8]> = []
        let prefix = KeyUsageName.uses(of: keyID)
        for (name, amounts) in try sums.entries(from: prefix, to: RowKey.successor(ofPrefix: prefix)) {
            guard let (uid, wrap) = KeyUsageName.parseUse(name, after: prefix) else { continue }
            let version = try version(of: wrap, uid)
            // A Bucket Key that cannot be read may be of any version.
            if let wanted, let version, version != wanted { continue }
            found[uid, default: CountedUsage()].versions[version, default: .zero].addSaturating(amounts)
            let locks = KeyUsageName.locks(.hours, of: keyID, wrap, uid)
            guard amounts[KeyUsageIndex.Amount.objects] > 0, looked.insert(locks).inserted else { continue }
            try addLocks(wrap, uid, to: &found[uid, default: CountedUsage()])
        }
        return found
    }

    private func version(of wrap: UsedKeys.Wrap, _ uid: [UInt8]) throws(StorageError) -> [UInt8]? {
        switch wrap {
        case .version(let version): return Array(version)
        case .bucketKey(let id):
            guard let row = try snapshot.row(RowKey.bucketKey(uid, Array(id))),
                let key = UsedKeys(row.value[...], inTable: RowKey.bucketKeyTable)?.uses.first
            else { return nil }
            return Array(key.wrap.version)
        }
    }

    private func addLocks(_ wrap: UsedKeys.Wrap, _ uid: [UInt8], to usage: inout CountedUsage) throws(StorageError) {
        // A lock holds at every moment before its end. A clock at the end of time has no moment after it.
        let (next, isOverflown) = time.milliseconds.addingReportingOverflow(1)
        guard !isOverflown else { return }
        let hourPrefix = KeyUsageName.locks(.hours, of: keyID, wrap, uid)
        let hours = try sums.entries(
            from: hourPrefix + KeyUsageName.ordered(KeyUsageName.hour(of: next) + 1),
            to: RowKey.successor(ofPrefix: hourPrefix))
        let soon = try ends(inHour: KeyUsageName.hour(of: next), from: next, wrap, uid)
        for (_, amounts) in hours + soon { usage.locked.addSaturating(amounts) }
        var last = soon.last
        if let lastHour = hours.last {
            last = try ends(inHour: KeyUsageName.number(lastHour.name), from: .min, wrap, uid).last
        }
        guard let last else { return }
        let end = KeyUsageName.number(last.name)
        usage.lockedUntilMilliseconds = max(usage.lockedUntilMilliseconds ?? end, end)
    }

    private func ends(
        inHour hour: Int64, from start: Int64, _ wrap: UsedKeys.Wrap, _ uid: [UInt8]
    ) throws(StorageError) -> [RowSums.Entry] {
        let prefix = KeyUsageName.locks(.moments, of: keyID, wrap, uid)
        func place(_ moment: (partialValue: Int64, overflow: Bool)) -> [UInt8]? {
            moment.overflow ? nil : prefix + KeyUsageName.ordered(moment.partialValue)
        }
        // Before the first hour that has a moment there is none, and after the last neither.
        let first = hour.multipliedReportingOverflow(by: KeyUsageName.hourMilliseconds)
        let next = (hour + 1).multipliedReportingOverflow(by: KeyUsageName.hourMilliseconds)
        let lowest = first.overflow ? start : max(start, first.partialValue)
        return try sums.entries(
            from: prefix + KeyUsageName.ordered(lowest), to: place(next) ?? RowKey.successor(ofPrefix: prefix))
    }
}
