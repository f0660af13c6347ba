/// The parts of an object, told and not read.
extension Engine {
    func head(
        _ key: ObjectKey, _ version: VersionID?, in name: BucketName, part number: Int, if conditions: ReadConditions,
        as requester: Requester
    ) async throws(StoreError) -> ObjectPartHead {
        let bucket = try bucket(name)
        let place = ObjectPlace(bucket: name, key: key)
        var found = try await findPinningParts(key, version, in: bucket, name)
        try await proveCustomerKey(&found.opened, place, in: bucket, as: requester)
        try conditions.check(found.opened.info, in: name)
        let parts = try await parts(of: found, in: bucket, place)
        return ObjectPartHead(
            object: found.opened.info, part: try part(number, of: found, parts, in: bucket, place))
    }

    /// Whether the parts are those that the object was completed with, as far as their rows tell.
    ///
    /// - Throws: as a read does.
    func checkParts(of key: ObjectKey, _ version: VersionID?, in name: BucketName) async throws(StoreError) {
        let bucket = try bucket(name)
        let found = try await findPinningParts(key, version, in: bucket, name)
        _ = try await parts(of: found, in: bucket, ObjectPlace(bucket: name, key: key))
    }

    func attributes(
        of key: ObjectKey, _ version: VersionID?, in name: BucketName, partsAfter after: Int, limit: Int,
        if conditions: ReadConditions, as requester: Requester
    ) async throws(StoreError) -> ObjectAttributesPage {
        let bucket = try bucket(name)
        let place = ObjectPlace(bucket: name, key: key)
        var found = try await findPinningParts(key, version, in: bucket, name)
        // The checksums of parts are told, so the object's key must open it.
        _ = try await dataKey(&found.opened, place, in: bucket, as: requester) { (opened) throws(StoreError) in
            try conditions.check(opened.info, in: name)
        }
        let parts = (try await parts(of: found, in: bucket, place) ?? []).drop { $0.number <= after }
        var page = ObjectAttributesPage(object: found.opened.info, parts: [], next: nil)
        // Only these are opened: of ten thousand parts a page costs what it shows.
        for part in parts.prefix(limit) { page.parts.append(try info(part, of: found.opened, in: bucket, place)) }
        if parts.count > limit { page.next = page.parts.last?.number }
        return page
    }

    func part(
        _ number: Int, of version: OpenedVersion, _ parts: [ObjectPart]?, in bucket: KnownBucket, _ place: ObjectPlace
    ) throws(StoreError) -> ObjectPartInfo {
        guard let parts else {
            guard number == 1 else {
                throw Self.noPart(number, "it was put whole, which is its part 1", place)
            }
            let info = version.opened.info
            return ObjectPartInfo(number: 1, range: 0..<info.sizeBytes, checksums: info.checksums)
        }
        guard let part = parts.first(where: { $0.number == number }) else {
            throw Self.noPart(number, "it has \(parts.count), up to number \(parts.last?.number ?? 0)", place)
        }
        return try info(part, of: version.opened, in: bucket, place)
    }

    func info(
        _ part: ObjectPart, of object: OpenedRow, in bucket: KnownBucket, _ place: ObjectPlace
    ) throws(StoreError) -> ObjectPartInfo {
        let attributes = try attributes(part.row.attributes, of: part.row.partUID, in: bucket, place)
        return ObjectPartInfo(
            number: part.number, range: part.range, checksums: object.isRevealed ? attributes.checksums : [])
    }

    private static func noPart(_ number: Int, _ reason: String, _ place: ObjectPlace) -> StoreError {
        StoreError(
            .invalidPartNumber, "The object has no part \(number): \(reason).", bucket: place.bucket, key: place.key)
    }
}
