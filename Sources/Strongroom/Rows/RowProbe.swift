/// What the decoders of the engine's rows accept, held against what the encoders write: for fuzzers, which hand in any
/// bytes. In the store a MAC is checked first, but a locked store looks at rows without it.
package enum RowProbe {
    /// False where `value` is taken for an object's row that would be written in other bytes.
    package static func isCanonical(object value: [UInt8]) -> Bool {
        guard let row = try? ObjectRow(decoding: value) else { return true }
        return row.encodedWithoutMAC() == Array(value.dropLast(ObjectRow.macBytes))
    }

    /// False where `value` is taken for a bucket's row that would be written in other bytes.
    package static func isCanonical(bucket value: [UInt8]) -> Bool {
        guard let row = try? BucketRow(decoding: value) else { return true }
        return row.encodedWithoutMAC() == Array(value.dropLast(ObjectRow.macBytes))
    }

    /// False where `value` is taken for the lock clock's row that would be written in other bytes.
    package static func isCanonical(lockClock value: [UInt8]) -> Bool {
        guard let row = try? LockClockRow(decoding: value) else { return true }
        return row.encodedWithoutMAC() == Array(value.dropLast(ObjectRow.macBytes))
    }

    /// False where `value` is taken for a consumer's row that would be written in other bytes.
    package static func isCanonical(consumer value: [UInt8]) -> Bool {
        guard let row = try? ConsumerRow(decoding: value) else { return true }
        return row.encodedWithoutMAC() == Array(value.dropLast(ObjectRow.macBytes))
    }

    /// False where `bytes` are taken for a commit's note that would be written in other bytes.
    package static func isCanonical(note bytes: [UInt8]) -> Bool {
        ChangeNote.records(bytes).map { ChangeNote.body($0) == bytes } ?? true
    }

    /// False where `bytes` are taken for what the sealed row of a user says and would be written in other bytes.
    package static func isCanonical(user bytes: [UInt8]) -> Bool {
        guard let row = try? UserRow(decoding: bytes) else { return true }
        return row.encoded() == bytes
    }

    /// False where `bytes` are taken for what the sealed row of a role says and would be written in other bytes.
    package static func isCanonical(role bytes: [UInt8]) -> Bool {
        guard let row = try? RoleRow(decoding: bytes) else { return true }
        return row.encoded() == bytes
    }

    /// False where `bytes` are taken for what a token says and would be written in other bytes.
    package static func isCanonical(session bytes: [UInt8]) -> Bool {
        guard let session = try? Session(decoding: bytes) else { return true }
        return session.encoded() == bytes
    }

    /// False where `bytes` are taken for attributes that would be written in other bytes.
    package static func isCanonical(attributes bytes: [UInt8]) -> Bool {
        guard let attributes = try? ObjectAttributes(decoding: bytes) else { return true }
        return attributes.encoded() == bytes
    }

    /// False where `value` is taken for a delete marker's, an upload's or a part's row that would be written in other
    /// bytes, or a row key for that of an old version or an upload that has other bytes.
    package static func isCanonical(version value: [UInt8]) -> Bool {
        let body = Array(value.dropLast(ObjectRow.macBytes))
        if let row = try? DeleteMarkerRow(decoding: value), row.encodedWithoutMAC() != body { return false }
        if let row = try? UploadRow(decoding: value), row.encodedWithoutMAC() != body { return false }
        if let row = try? PartRow(decoding: value), row.encodedWithoutMAC() != body { return false }
        let uid = Array(value.dropFirst().prefix(ObjectRow.uidBytes))
        if let (bytes, lsn) = RowKey.parseVersion(value), let key = ObjectKey(storedBytes: bytes),
            RowKey.version(uid, key, lsn: lsn) != value
        {
            return false
        }
        if let (bytes, uploadID) = RowKey.parseUpload(value), let key = ObjectKey(storedBytes: bytes),
            RowKey.upload(uid, key, uploadID) != value
        {
            return false
        }
        return true
    }
}
