internal import StrongroomCrypto
internal import StrongroomKeys

extension PayloadSealer {
    /// The row of the object sealed here, complete but for its place in the commit order.
    func draft(
        sizeBytes: UInt64, storedBytes: UInt64, treeHash: [UInt8]?, _ digests: BodyDigests, options: PutOptions
    ) throws(StoreError) -> ObjectDraft {
        do throws(SealError) {
            let etag = try makeETag(hasMD5ETag(options.etag) ? digests.md5 : nil)
            let attributes = ObjectAttributes(
                etag: etag, contentType: options.contentType, metadata: options.metadata, headers: options.headers,
                tags: options.tags.values, checksums: digests.checksums)
            let sealedAttributes = try bucketKeys.seal(attributes, objectUID: objectUID, random: random)
            let row = ObjectRow(
                objectUID: objectUID, versionID: versionID, lsn: 0, lastModifiedMilliseconds: 0, sizeBytes: sizeBytes,
                storedBytes: storedBytes, sealing: try makeSealing(sizeBytes: sizeBytes, etag: etag),
                attributes: sealedAttributes, treeHash: treeHash, isNullVersion: bucket.row.versioning != .enabled,
                storageClass: options.storageClass)
            return ObjectDraft(row: row, etag: etag, checksums: digests.checksums, bucketKeys: bucketKeys)
        } catch {
            throw StoreError(error)
        }
    }

    /// Whether the ETag is the MD5: where that is asked for, and the mode tells what follows from the plaintext.
    private func hasMD5ETag(_ wanted: ETagKind) -> Bool {
        guard case .sealed(let keyed) = payload else { return wanted == .md5 }
        return wanted == .md5 && keyed.wrap?.mode.hidesChecksums != true
    }

    /// The MD5 where it is asked for; else 32 hexadecimal digits and `-1`, which no client takes for one.
    ///
    /// - Parameter uid: what the tag is of: the object by default, or a part.
    func makeETag(_ md5: [UInt8]?, uid: [UInt8]? = nil) throws(SealError) -> String {
        if let md5 { return Hexadecimal.encode(md5) }
        switch payload {
        case .clear:
            // Without a key the random uid alone makes the tag: it changes with every put.
            let fields = CanonicalFields.etag(objectUID: uid ?? objectUID, commitment: [])
            // Safe: a UInt8 is raw bytes.
            return Hexadecimal.encode(try Digest.hash(.sha256, unsafe fields.span.bytes).prefix(16)) + "-1"
        case .sealed(let keyed):
            return try ObjectBinding.etag(
                keyed.dataKey, objectUID: uid ?? objectUID, commitment: keyed.commitment)
        }
    }

    /// The wrapped key, bound to the object and to what reads of its bytes rely on.
    func makeSealing(sizeBytes: UInt64, etag: String) throws(SealError) -> ObjectRow.Sealing {
        guard case .sealed(let keyed) = payload, case .wrapped(var sealing) = try makeWrap() else { return .none }
        sealing.descriptorMAC = try ObjectBinding.descriptor(
            keyed.dataKey, sealing, objectUID: objectUID, sizeBytes: sizeBytes, etag: etag)
        return .wrapped(sealing)
    }

    /// The row of a part of the object sealed here, of which everything but the moment is known.
    func partRow(
        _ number: Int, _ stored: StoredBody, _ attributes: ObjectAttributes
    ) throws(SealError) -> PartRow {
        var partMAC: [UInt8] = []
        if case .sealed(let keyed) = payload {
            partMAC = try ObjectBinding.part(
                keyed.dataKey, number: number, partUID: stored.partUID, sizeBytes: stored.sizeBytes,
                commitment: keyed.commitment)
        }
        return PartRow(
            partUID: stored.partUID, lsn: 0, lastModifiedMilliseconds: 0, sizeBytes: stored.sizeBytes,
            storedBytes: stored.storedBytes, partMAC: partMAC,
            attributes: try bucketKeys.seal(attributes, objectUID: stored.partUID, random: random),
            treeHash: stored.treeHash)
    }

    /// The wrapped key, bound to the object; without the MAC over what only a whole object has.
    func makeWrap() throws(SealError) -> ObjectRow.Sealing {
        guard case .sealed(let keyed) = payload else { return .none }
        guard let wrap = keyed.wrap else { preconditionFailure("a part has no row of an object") }
        var sealing = ObjectRow.WrappedSealing(
            mode: wrap.mode, suite: suite.rawValue, layers: wrap.mode.layers, backendID: wrap.backendID,
            keyID: "", keyVersion: "", wrappedKey: [], wrapBinding: [], descriptorMAC: [])
        wrap.describe(in: &sealing)
        let identity = ObjectBinding.Identity(
            bucketUID: bucket.row.uid, key: key, versionID: versionID, objectUID: objectUID)
        sealing.wrapBinding = try ObjectBinding.wrap(keyed.dataKey, sealing, identity)
        if var outer = sealing.outerLayer, let key = keyed.dataKey.outerLayer {
            outer.binding = try ObjectBinding.outerWrap(key, outer, sealing, identity)
            sealing.outerLayer = outer
        }
        return .wrapped(sealing)
    }
}
