internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage

/// The changes of one commit, as they stand in its frame.
///
/// Byte map, version 1 (integers little-endian):
///
///     version u8 = 1 | count u16 | changes | MAC (32)
///
///     change: kind u8 (`Change.Kind`) | version u8 (0 none, 1 null, 2 named) | bucket length u8 | key length u16
///             | version id (16, named only) | bucket name | object key
///
/// The MAC is HMAC-SHA256 under a key of the store's own over timeline, LSN, store time and all before it: a note of
/// another commit, or with one byte changed, is refused. That a note was taken out of a frame is not noticed.
enum ChangeNote {
    private static let formatVersion: UInt8 = 1

    private enum VersionTag {
        static let none: UInt8 = 0
        static let null: UInt8 = 1
        static let named: UInt8 = 2
    }

    static func encode(
        _ records: [ChangeRecord], timeline: UInt32, lsn: UInt64, timeMilliseconds: Int64,
        _ authenticator: MessageAuthenticator
    ) throws(SecretMemoryError) -> [UInt8] {
        let bytes = body(records)
        let fields = CanonicalFields.changes(
            timeline: timeline, lsn: lsn, timeMilliseconds: timeMilliseconds, bytes)
        return bytes + (try authenticator.code(for: fields))
    }

    /// All but the MAC.
    static func body(_ records: [ChangeRecord]) -> [UInt8] {
        precondition(records.count <= Int(UInt16.max), "a commit has fewer changes than a note can hold")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96 * records.count + 35)
        bytes.append(formatVersion)
        append(UInt16(records.count), to: &bytes)
        for record in records { append(record, to: &bytes) }
        return bytes
    }

    private static func append(_ record: ChangeRecord, to bytes: inout [UInt8]) {
        let name = record.bucket.rawValue.utf8
        let key = record.key?.rawValue.utf8
        bytes.append(record.kind.number)
        bytes.append(
            record.versionID.map { $0.bytes == nil ? VersionTag.null : VersionTag.named } ?? VersionTag.none)
        bytes.append(UInt8(name.count))
        append(UInt16(key?.count ?? 0), to: &bytes)
        if let id = record.versionID?.bytes { bytes += id }
        bytes += name
        if let key { bytes += key }
    }

    private static func append(_ integer: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: integer))
        bytes.append(UInt8(truncatingIfNeeded: integer >> 8))
    }

    /// Nil where the note is not what was written with that commit.
    static func decode(
        _ note: CommittedNote, timeline: UInt32, _ authenticator: MessageAuthenticator
    ) throws(SecretMemoryError) -> [ChangeRecord]? {
        guard note.note.count > 3 + MessageAuthenticator.codeSizeBytes else { return nil }
        let body = Array(note.note.dropLast(MessageAuthenticator.codeSizeBytes))
        let code = Array(note.note.suffix(MessageAuthenticator.codeSizeBytes))
        let fields = CanonicalFields.changes(
            timeline: timeline, lsn: note.lsn, timeMilliseconds: note.timeMilliseconds, body)
        guard try authenticator.isValid(code, for: fields) else { return nil }
        return records(body)
    }

    /// Total: any bytes give records or nil.
    static func records(_ body: [UInt8]) -> [ChangeRecord]? {
        var rest = body[...]
        guard rest.popFirst() == formatVersion, let count = integer(&rest) else { return nil }
        var records: [ChangeRecord] = []
        for _ in 0..<count {
            guard let record = record(&rest) else { return nil }
            records.append(record)
        }
        return rest.isEmpty ? records : nil
    }

    private static func record(_ rest: inout ArraySlice<UInt8>) -> ChangeRecord? {
        guard let number = rest.popFirst(), let kind = Change.Kind.all.first(where: { $0.number == number }),
            let tag = rest.popFirst(), let nameCount = rest.popFirst(), let keyCount = integer(&rest)
        else { return nil }
        var versionID: VersionID?
        switch tag {
        case VersionTag.none: break
        case VersionTag.null: versionID = .null
        case VersionTag.named:
            guard let id = take(ObjectRow.uidBytes, &rest) else { return nil }
            versionID = VersionID(bytes: Array(id))
        default: return nil
        }
        guard let name = take(Int(nameCount), &rest), let key = take(Int(keyCount), &rest),
            let text = String(validating: name, as: UTF8.self), let bucket = try? BucketName(text)
        else { return nil }
        guard !key.isEmpty else { return ChangeRecord(kind: kind, bucket: bucket, key: nil, versionID: versionID) }
        guard let key = ObjectKey(storedBytes: key) else { return nil }
        return ChangeRecord(kind: kind, bucket: bucket, key: key, versionID: versionID)
    }

    private static func integer(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
        guard let low = rest.popFirst(), let high = rest.popFirst() else { return nil }
        return UInt16(low) | UInt16(high) << 8
    }

    private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}

extension StoreKeys {
    /// The note of a commit; empty where it changes nothing that users see.
    func note(
        _ records: [ChangeRecord], timeline: UInt32, lsn: UInt64, timeMilliseconds: Int64
    ) throws(StoreError) -> [UInt8] {
        guard !records.isEmpty else { return [] }
        do throws(SecretMemoryError) {
            return try ChangeNote.encode(
                records, timeline: timeline, lsn: lsn, timeMilliseconds: timeMilliseconds, changes)
        } catch {
            throw StoreError(error)
        }
    }
}
