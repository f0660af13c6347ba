/// What keys and MACs are bound to, each as a canonical list of fields (never concatenation), and each
/// with a label of its own first, so that no MAC can serve in place of another.
enum CanonicalFields {
    /// Context of a payload's sealed stream: only what can never change.
    static func streamContext(objectUID: [UInt8], partUID: [UInt8], layer: UInt8) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 80)
        fields.put(1, text: "strongroom/payload@v1")
        fields.put(2, objectUID)
        fields.put(3, partUID)
        fields.put(4, integer: layer)
        return fields.bytes
    }

    /// Context of the sealed attribute block.
    static func attributeContext(objectUID: [UInt8]) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 64)
        fields.put(1, text: "strongroom/attributes@v1")
        fields.put(2, objectUID)
        return fields.bytes
    }

    /// Context of a data key that is sealed under another key, for one object.
    static func enclosedKeyContext(objectUID: [UInt8]) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 64)
        fields.put(1, text: "strongroom/enclosed-key@v1")
        fields.put(2, objectUID)
        return fields.bytes
    }

    /// The immutable facts of an object, as far as reads of its bytes rely on them.
    static func descriptor(
        objectUID: [UInt8], suite: UInt16, layers: UInt8, sizeBytes: UInt64, etag: String
    ) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 160)
        fields.put(1, text: "strongroom/descriptor@v1")
        fields.put(2, objectUID)
        fields.put(3, integer: suite)
        fields.put(4, integer: layers)
        fields.put(5, integer: sizeBytes)
        fields.put(6, text: etag)
        return fields.bytes
    }

    /// What a wrapped data key is good for, and nothing else. Not the key version: rotation changes it.
    struct WrapBinding {
        var mode: UInt8
        var backendID: String
        var keyID: String
        var bucketUID: [UInt8]
        var key: ObjectKey
        var versionID: [UInt8]
        var objectUID: [UInt8]
        var suite: UInt16
        /// The caller's encryption context; empty where there is none.
        var context: [UInt8]
        /// Nil where there is none.
        var bucketKeyID: [UInt8]?
        /// 2 for the wrap of an outer layer's key.
        var layer: UInt8 = 1

        var bytes: [UInt8] {
            var fields = FieldWriter(reservingBytes: 320)
            fields.put(1, text: "strongroom/wrap@v1")
            fields.put(2, integer: mode)
            fields.put(3, text: backendID)
            fields.put(4, text: keyID)
            fields.put(5, bucketUID)
            fields.put(6, text: key.rawValue)
            fields.put(7, versionID)
            fields.put(8, objectUID)
            fields.put(9, integer: suite)
            if !context.isEmpty { fields.put(10, context) }
            if let bucketKeyID { fields.put(11, bucketKeyID) }
            if layer != 1 { fields.put(12, integer: layer) }
            return fields.bytes
        }
    }

    /// What is true of a part for good.
    static func part(number: UInt16, partUID: [UInt8], sizeBytes: UInt64, commitment: [UInt8]) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 128)
        fields.put(1, text: "strongroom/part@v1")
        fields.put(2, integer: number)
        fields.put(3, partUID)
        fields.put(4, integer: sizeBytes)
        fields.put(5, commitment)
        return fields.bytes
    }

    /// What the ETag is made of: 16 bytes of a MAC over the object's uid and the stream's commitment.
    static func etag(objectUID: [UInt8], commitment: [UInt8]) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 96)
        fields.put(1, text: "strongroom/etag@v1")
        fields.put(2, objectUID)
        fields.put(3, commitment)
        return fields.bytes
    }

    /// A row's MAC covers the row's own key: a row under another name is another row. What stands before the
    /// value, which is long and need not be copied.
    static func rowHead(key: [UInt8], valueSizeBytes: Int) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 48 + key.count)
        fields.put(1, text: "strongroom/row@v1")
        fields.put(2, key)
        fields.begin(3, sizeBytes: valueSizeBytes)
        return fields.bytes
    }

    /// Context of a row that is sealed as a whole: under another name it does not open.
    static func sealedRow(key: [UInt8], formatVersion: UInt8) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 64 + key.count)
        fields.put(1, text: "strongroom/sealed-row@v1")
        fields.put(2, key)
        fields.put(3, integer: formatVersion)
        return fields.bytes
    }

    /// Context of an access key's secret.
    static func accessKeySecret(userRowKey: [UInt8], accessKeyID: String) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 96 + userRowKey.count)
        fields.put(1, text: "strongroom/access-key@v1")
        fields.put(2, userRowKey)
        fields.put(3, text: accessKeyID)
        return fields.bytes
    }

    /// Context of the secret of a user's second factor.
    static func secondFactor(userRowKey: [UInt8], userID: String) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 96 + userRowKey.count)
        fields.put(1, text: "strongroom/second-factor@v1")
        fields.put(2, userRowKey)
        fields.put(3, text: userID)
        return fields.bytes
    }

    /// Context of the token of temporary credentials.
    static func sessionToken(formatVersion: UInt8) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 48)
        fields.put(1, text: "strongroom/session-token@v1")
        fields.put(2, integer: formatVersion)
        return fields.bytes
    }

    /// What the secret of temporary credentials is derived for.
    static func sessionSecret(content: [UInt8]) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 48 + content.count)
        fields.put(1, text: "strongroom/session-secret@v1")
        fields.put(2, content)
        return fields.bytes
    }

    /// What a commit says of its changes, and where and when.
    static func changes(timeline: UInt32, lsn: UInt64, timeMilliseconds: Int64, _ records: [UInt8]) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 64 + records.count)
        fields.put(1, text: "strongroom/changes@v1")
        fields.put(2, integer: timeline)
        fields.put(3, integer: lsn)
        fields.put(4, integer: timeMilliseconds)
        fields.put(5, records)
        return fields.bytes
    }

    /// Context of the catalog's root.
    static func catalogRoot(storeID: [UInt8], timeline: UInt32, place: [UInt8]) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 80)
        fields.put(1, text: "strongroom/catalog-root@v1")
        fields.put(2, storeID)
        fields.put(3, integer: timeline)
        fields.put(4, place)
        return fields.bytes
    }

    /// What an anchor has of the rows.
    static func anchoredRoot(storeID: [UInt8], timeline: UInt32, lsn: UInt64, rows: [UInt8]) -> [UInt8] {
        anchored("strongroom/anchored-root@v1", storeID, timeline, lsn, rows)
    }

    /// What an anchor says.
    static func anchor(
        storeID: [UInt8], timeline: UInt32, lsn: UInt64, root: [UInt8], counter: UInt64?
    ) -> [UInt8] {
        guard let counter else { return anchored("strongroom/anchor@v1", storeID, timeline, lsn, root) }
        var fields = FieldWriter(reservingBytes: 128)
        fields.put(1, anchored("strongroom/anchor@v2", storeID, timeline, lsn, root))
        fields.put(2, integer: counter)
        return fields.bytes
    }

    private static func anchored(
        _ purpose: String, _ storeID: [UInt8], _ timeline: UInt32, _ lsn: UInt64, _ bytes: [UInt8]
    ) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 112)
        fields.put(1, text: purpose)
        fields.put(2, storeID)
        fields.put(3, integer: timeline)
        fields.put(4, integer: lsn)
        fields.put(5, bytes)
        return fields.bytes
    }

    /// What a key derived from the metadata key is for.
    static func metadataKey(purpose: String, bucketUID: [UInt8]) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 80)
        fields.put(1, text: "strongroom/metadata@v1")
        fields.put(2, text: purpose)
        fields.put(3, bucketUID)
        return fields.bytes
    }
}
