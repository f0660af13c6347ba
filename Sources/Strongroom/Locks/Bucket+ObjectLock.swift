extension Bucket {
    /// Lets objects of the bucket be locked: kept from being deleted for good until a moment, or while a legal hold
    /// is on. Once enabled it stays so, and versioning can not be suspended any more.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/invalidBucketState`` where versioning is not
    ///   enabled.
    @discardableResult
    public func enableObjectLock() async throws(StoreError) -> ChangeReceipt {
        try await engine.enableObjectLock(name)
    }

    /// What new objects are retained to whose puts name no retention; nil for nothing. No object that is there
    /// already changes.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/invalidRequest`` where the bucket has no object
    ///   lock, ``StoreError/Code/invalidArgument`` for a period that is out of bounds.
    @discardableResult
    public func setDefaultRetention(
        _ retention: DefaultRetention?
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.setDefaultRetention(retention, name)
    }

    /// Sets, extends or removes the retention of a version, and changes nothing else of it.
    ///
    /// A retention in compliance mode can only be extended; one in governance mode, too, but by bypassing it. After
    /// its end everything is allowed.
    ///
    /// - Parameters:
    ///   - retention: the new retention; nil to remove it.
    ///   - key: the object's key.
    ///   - version: which version; by default the newest.
    ///   - bypassingGovernance: whether to shorten, remove or change the mode of one in governance mode.
    /// - Throws: ``StoreError/Code/accessDenied`` where the present retention forbids it,
    ///   ``StoreError/Code/invalidArgument`` where the moment is not in the future,
    ///   ``StoreError/Code/invalidRequest`` where the bucket has no object lock,
    ///   ``StoreError/Code/methodNotAllowed`` for a delete marker, ``StoreError/Code/noSuchKey``,
    ///   ``StoreError/Code/noSuchVersion``, ``StoreError/Code/damaged``.
    @discardableResult
    public func setRetention(
        _ retention: Retention?, of key: ObjectKey, version: VersionID? = nil, bypassingGovernance: Bool = false
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.setRetention(
            retention, of: key, version, in: name, bypassingGovernance: bypassingGovernance)
    }

    /// Sets or takes off the legal hold of a version, which keeps it whatever its retention says.
    ///
    /// - Throws: ``StoreError/Code/invalidRequest`` where the bucket has no object lock,
    ///   ``StoreError/Code/methodNotAllowed`` for a delete marker, ``StoreError/Code/noSuchKey``,
    ///   ``StoreError/Code/noSuchVersion``, ``StoreError/Code/damaged``.
    @discardableResult
    public func setLegalHold(
        _ isOn: Bool, of key: ObjectKey, version: VersionID? = nil
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.setLegalHold(isOn, of: key, version, in: name)
    }

    /// What keeps a version from being deleted for good. No key is asked for, whatever the object is under.
    ///
    /// - Throws: ``StoreError/Code/invalidRequest`` where the bucket has no object lock, and as
    ///   ``setRetention(_:of:version:bypassingGovernance:)`` about the object.
    public func lock(
        of key: ObjectKey, version: VersionID? = nil
    ) async throws(StoreError) -> (retention: Retention?, legalHold: Bool) {
        try await engine.lock(of: key, version, in: name)
    }
}
