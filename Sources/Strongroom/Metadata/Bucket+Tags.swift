extension Bucket {
    /// The tags of an object, and of which version they are.
    ///
    /// - Throws: as ``head(_:version:if:)``.
    public func tags(of key: ObjectKey, version: VersionID? = nil) async throws(StoreError) -> ObjectTagging {
        try await engine.tagging(of: key, version, in: name)
    }

    /// The same, by as many looks at rows where there is no such object: for whoever may not be told that.
    package func tagsByEvenLooks(of key: ObjectKey, version: VersionID?) async throws(StoreError) -> ObjectTagging {
        try await engine.taggingByEvenLooks(of: key, version, in: name)
    }

    /// Replaces the tags of an object, and nothing else: version, ETag and time stay.
    ///
    /// - Throws: as ``head(_:version:if:)``.
    @discardableResult
    public func setTags(
        _ tags: ObjectTags, of key: ObjectKey, version: VersionID? = nil
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.setTags(tags, of: key, version, in: name)
    }
}
