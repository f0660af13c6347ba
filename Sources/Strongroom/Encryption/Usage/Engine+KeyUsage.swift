internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    /// - Parameters:
    ///   - keyID: as rows name it.
    ///   - version: only what is under that version of the key; nil for all.
    /// - Throws: `keyUsageIncomplete`.
    func keyUsage(of keyID: String, version: String? = nil) async throws(StoreError) -> KeyUsage {
        try checkOpen()
        let time = lockClock.time
        let found = try await readStorage { snapshot throws(StorageError) -> [[UInt8]: CountedUsage]? in
            let keyID = Array(keyID.utf8)
            let names = KeyUsageName.all(of: keyID)
            guard let sums = try snapshot.sums(KeyUsageIndex.definition, namesStartingWith: names) else { return nil }
            return try KeyUsageReading(snapshot: snapshot, sums: sums, keyID: keyID, time: time)
                .run(version: version.map { Array($0.utf8) })
        }
        guard let found else {
            throw StoreError(
                .keyUsageIncomplete,
                "What hangs on keys is being counted in this store; ask again in a while.")
        }
        let names = Dictionary(buckets.all.map { ($0.bucket.row.uid, $0.name.rawValue) }, uniquingKeysWith: { $1 })
        let buckets = found.compactMap { uid, usage -> KeyUsage.Bucket? in
            if let name = names[uid] { return usage.bucket(named: name) }
            // What a bucket leaves that was just deleted. Objects are nobody's leavings: the bucket's row is damaged.
            let bucket = usage.bucket(named: "(a bucket whose row cannot be read, \(Hexadecimal.encode(uid)))")
            return bucket.objectCount > 0 || bucket.uploadCount > 0 ? bucket : nil
        }
        return KeyUsage(keyID: keyID, buckets: buckets.sorted { $0.name < $1.name })
    }
}

/// What the index says of one bucket and key.
struct CountedUsage: Sendable {
    /// By version; nil where the Bucket Key between cannot be read.
    var versions: [[UInt8]?: RowAmounts] = [:]
    var locked = RowAmounts.zero
    var lockedUntilMilliseconds: Int64?

    func bucket(named name: String) -> KeyUsage.Bucket {
        let versions = versions.filter { $0.value != .zero }.map { version, amounts in
            KeyUsage.Version(
                keyVersion: version.map { String(decoding: $0, as: UTF8.self) },
                objectCount: amounts.count(KeyUsageIndex.Amount.objects),
                bytes: amounts.count(KeyUsageIndex.Amount.bytes),
                uploadCount: amounts.count(KeyUsageIndex.Amount.uploads),
                bucketKeyCount: amounts.count(KeyUsageIndex.Amount.bucketKeys))
        }
        return KeyUsage.Bucket(
            name: name, versions: versions.sorted { ($0.keyVersion ?? "") < ($1.keyVersion ?? "") },
            lockedCount: locked.count(KeyUsageIndex.Amount.objects),
            lockedBytes: locked.count(KeyUsageIndex.Amount.bytes),
            lockedUntilMilliseconds: lockedUntilMilliseconds)
    }
}

extension RowAmounts {
    /// What is below zero is damaged, and takes nothing away; what is too large stays the largest.
    mutating func addSaturating(_ other: RowAmounts) {
        let sum = self &+ pointwiseMax(other, .zero)
        self = sum.replacing(with: .max, where: sum .< self)
    }

    fileprivate func count(_ index: Int) -> UInt64 { UInt64(clamping: self[index]) }
}
