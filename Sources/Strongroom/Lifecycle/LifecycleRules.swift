internal import StrongroomStorage
internal import StrongroomSystem

/// A bucket's rules as a run holds to them: what they decide is committed only while their row is this one.
struct LifecycleRules: Sendable {
    let rowKey: [UInt8]
    let value: [UInt8]
    let configuration: LifecycleConfiguration
    /// What versions begin with that a rule concerns, none of them the beginning of another.
    let versionPrefixes: [String]
    let uploadPrefixes: [String]
    let askForTags: Bool

    init(rowKey: [UInt8], value: [UInt8], configuration: LifecycleConfiguration) {
        (self.rowKey, self.value, self.configuration) = (rowKey, value, configuration)
        let rules = configuration.enabledRules
        versionPrefixes = Self.prefixes(rules.filter { $0.expiration != nil || $0.noncurrentExpiration != nil })
        uploadPrefixes = Self.prefixes(rules.filter { $0.abortsUploadsAfterDays != nil })
        askForTags = rules.contains { !$0.filter.tags.values.isEmpty }
    }

    /// When uploads of a key that were begun at a moment are aborted.
    func uploadDueMilliseconds(key: [UInt8], begunMilliseconds: Int64) -> Int64? {
        configuration.enabledRules.compactMap { rule in
            guard let days = rule.abortsUploadsAfterDays, rule.filter.isTrue(ofNoObjectAt: key) else { return nil }
            return LifecycleTime.due(begunMilliseconds, afterDays: days)
        }.min()
    }

    private static func prefixes(_ rules: [LifecycleRule]) -> [String] {
        let all = Set(rules.map { $0.filter.prefix ?? "" })
        var found: [String] = []
        for prefix in all.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            if let last = found.last, prefix.utf8.starts(with: last.utf8) { continue }
            found.append(prefix)
        }
        return found
    }
}

extension Engine {
    /// The rules as they are now; nil where the bucket has none, or none that is enabled.
    ///
    /// - Throws: `damaged`.
    func lifecycleRules(_ bucket: KnownBucket, _ name: BucketName) async throws(StoreError) -> LifecycleRules? {
        let rowKey = RowKey.bucketDocument(bucket.row.uid, .lifecycle)
        let row = try await readStorage { snapshot throws(StorageError) in try snapshot.row(rowKey) }
        guard let value = row?.value else { return nil }
        guard let document = try unlockedKeys().sealedRows.open(value, rowKey: rowKey) else {
            throw StoreError(
                .damaged, "The bucket's lifecycle rules are not what was written; set them anew.", bucket: name)
        }
        let rules = LifecycleRules(
            rowKey: rowKey, value: value, configuration: try Self.lifecycle(document, name))
        return rules.configuration.enabledRules.isEmpty ? nil : rules
    }

    /// The rules of a bucket, as a server asks for them with every request; nil where it has none.
    ///
    /// - Throws: `noSuchBucket`, `damaged`, `storeLocked`.
    func lifecycle(in name: BucketName) async throws(StoreError) -> LifecycleConfiguration? {
        guard let document = try await document(.lifecycle, in: name) else { return nil }
        let uid = try bucket(name).row.uid
        if let known = bucketDocuments.lifecycle(readFrom: document, of: uid) { return known }
        let read = try Self.lifecycle(document, name)
        bucketDocuments.note(read, readFrom: document, of: uid)
        return read
    }

    static func lifecycle(_ document: [UInt8], _ name: BucketName) throws(StoreError) -> LifecycleConfiguration {
        do throws(FieldReader.Malformed) {
            return try LifecycleEncoding.decode(document)
        } catch {
            throw StoreError(
                .damaged, "The bucket's lifecycle rules cannot be read: \(error.reason). Set them anew.", bucket: name)
        }
    }
}
