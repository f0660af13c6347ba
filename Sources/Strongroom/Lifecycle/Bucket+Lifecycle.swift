#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// When an object goes if nothing changes, and by which rule.
public struct LifecycleExpiry: Sendable, Hashable {
    /// A midnight of UTC.
    public var date: Date
    /// The rule's ``LifecycleRule/id``.
    public var ruleID: String
}

extension Bucket {
    /// The bucket's rules; nil where it has none. From memory, but for the first look at a bucket.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/damaged``, ``StoreError/Code/storeLocked``.
    public func lifecycle() async throws(StoreError) -> LifecycleConfiguration? {
        try await engine.lifecycle(in: name)
    }

    /// Puts rules in place of those that the bucket has; nil removes them. They act with the next run of
    /// ``Store/runLifecycle(_:progress:)``, and a run that is under way goes by them at once.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/limitExceeded`` for rules that come to more than
    ///   half a MiB, ``StoreError/Code/conflict`` while the bucket is being deleted, ``StoreError/Code/storeLocked``.
    @discardableResult
    public func setLifecycle(_ lifecycle: LifecycleConfiguration?) async throws(StoreError) -> ChangeReceipt {
        try await engine.setDocument(lifecycle.map(LifecycleEncoding.encoded), .lifecycle, in: name)
    }

    /// When an object goes that is the newest version of its key, and stays so; nil where no rule concerns it.
    ///
    /// - Parameters:
    ///   - object: as a get or a listing told of it.
    ///   - tags: the object's tags, where they are known; else they are looked up if a rule asks for tags.
    /// - Throws: as ``lifecycle()``; ``StoreError/Code/noSuchVersion`` where the object is gone meanwhile.
    public func lifecycleExpiry(
        of object: ObjectInfo, tags: ObjectTags? = nil
    ) async throws(StoreError) -> LifecycleExpiry? {
        try await lifecycleExpiry(
            of: object.key, object.versionID, sizeBytes: object.sizeBytes, created: object.lastModified,
            tags: object.tagCount == 0 ? ObjectTags.none : tags)
    }

    /// The same of an object that was just written.
    ///
    /// - Parameter tags: nil where they are not known.
    package func lifecycleExpiry(
        of key: ObjectKey, _ version: VersionID, sizeBytes: UInt64, created: Date, tags: ObjectTags?
    ) async throws(StoreError) -> LifecycleExpiry? {
        guard let lifecycle = try await lifecycle() else { return nil }
        let rules = lifecycle.enabledRules.filter { $0.expiration != nil && $0.filter.isTrue(ofKey: key.rawValue.utf8) }
        var known = tags ?? .none
        if tags == nil, rules.contains(where: { !$0.filter.tags.values.isEmpty }) {
            known = try await engine.tagging(of: key, version, in: name).tags
        }
        let milliseconds = created.storeMillisecondsRoundedUp ?? 0
        return LifecycleExpiry.first(
            rules.compactMap { rule in
                guard rule.filter.isTrue(ofKey: key.rawValue.utf8, sizeBytes: sizeBytes, tags: known.values),
                    let due = rule.expiration?.dueMilliseconds(createdMilliseconds: milliseconds)
                else { return nil }
                return (due, rule.id)
            })
    }

    /// When an upload that was begun then is aborted if it is not completed; nil where no rule concerns it.
    ///
    /// - Throws: as ``lifecycle()``.
    public func lifecycleExpiry(ofUpload upload: UploadInfo) async throws(StoreError) -> LifecycleExpiry? {
        guard let lifecycle = try await lifecycle() else { return nil }
        return LifecycleExpiry.first(
            lifecycle.enabledRules.compactMap { rule in
                guard let days = rule.abortsUploadsAfterDays,
                    rule.filter.isTrue(ofNoObjectAt: upload.key.rawValue.utf8)
                else { return nil }
                let begun = upload.initiated.storeMillisecondsRoundedUp ?? 0
                return (LifecycleTime.due(begun, afterDays: days), rule.id)
            })
    }
}

extension LifecycleExpiry {
    fileprivate static func first(_ candidates: [(due: Int64, id: String)]) -> LifecycleExpiry? {
        guard let earliest = candidates.min(by: { $0.due < $1.due }), earliest.due <= Date.lastStoreMilliseconds else {
            return nil
        }
        return LifecycleExpiry(date: Date(storeMilliseconds: earliest.due), ruleID: earliest.id)
    }
}
