extension Bucket {
    /// The bytes of one part of an object that was uploaded in parts, and of no other.
    ///
    /// ``ObjectBody/range`` says where in the object they are, and the object's ``ObjectInfo/partCount`` how many
    /// parts there are. Parts keep the numbers under which they were uploaded. An object that was put whole has a
    /// part 1, which is all of it, and no count.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - number: the part's number.
    ///   - version: which version; by default the newest.
    ///   - conditions: what must be true of the object.
    /// - Throws: as ``head(_:version:if:)``, and ``StoreError/Code/invalidPartNumber`` where there is no such part.
    public func get(
        _ key: ObjectKey, part number: Int, version: VersionID? = nil, if conditions: ReadConditions = ReadConditions()
    ) async throws(StoreError) -> ObjectBody {
        try await body(of: key, version, .part(number), if: conditions)
    }

    /// Everything about an object and one of its parts but the bytes.
    ///
    /// - Throws: as ``get(_:part:version:if:)``.
    public func head(
        _ key: ObjectKey, part number: Int, version: VersionID? = nil, if conditions: ReadConditions = ReadConditions()
    ) async throws(StoreError) -> ObjectPartHead {
        try await engine.observing(.head, name) { () async throws(StoreError) in
            try await engine.head(key, version, in: name, part: number, if: conditions, as: requester)
        }
    }

    /// What is true of an object, with a page of its parts; the parts of one that was put whole are none.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - version: which version; by default the newest.
    ///   - after: only parts with greater numbers.
    ///   - limit: at most so many parts, 1 to 1,000.
    ///   - conditions: what must be true of the object.
    /// - Throws: as ``head(_:version:if:)``, and ``StoreError/Code/invalidArgument`` for a limit out of bounds.
    public func attributes(
        of key: ObjectKey, version: VersionID? = nil, partsAfter after: Int = 0,
        limit: Int = ListOptions.limitMaximum, if conditions: ReadConditions = ReadConditions()
    ) async throws(StoreError) -> ObjectAttributesPage {
        try ListOptions(limit: limit).check()
        return try await engine.attributes(
            of: key, version, in: name, partsAfter: after, limit: limit, if: conditions, as: requester)
    }
}
