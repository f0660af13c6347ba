/// The row of a delete marker: a version that says that there is no object.
///
/// Byte map of the value, version 1 (the first byte tells it from an object's row):
///
///     0x81 | fields (`FieldWriter`) | row MAC (32)
///
///     tag  value                                  tag  value
///      1   marker uid (16, random)                 4   created, ms since 1970, i64
///      2   version id (16, random)                16   u8 = 1 for a named version; absent for the null version
///      3   LSN u64
struct DeleteMarkerRow: Equatable, Sendable {
    static let formatVersion: UInt8 = 0x81

    var uid: [UInt8]
    var versionID: [UInt8]
    var lsn: UInt64
    var createdMilliseconds: Int64
    var isNullVersion: Bool

    func encodedWithoutMAC() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 96)
        writer.put(1, uid)
        writer.put(2, versionID)
        writer.put(3, integer: lsn)
        writer.put(4, integer: createdMilliseconds)
        if !isNullVersion { writer.put(ObjectRow.namedVersionTag, [1]) }
        return [Self.formatVersion] + writer.bytes
    }
}

extension DeleteMarkerRow {
    init(decoding value: [UInt8]) throws(FieldReader.Malformed) {
        guard value.count > 1 + ObjectRow.macBytes, value[0] == Self.formatVersion else {
            throw .init(reason: "the row is no delete marker's")
        }
        var reader = FieldReader(value.dropFirst().dropLast(ObjectRow.macBytes))
        uid = try reader.required(1, count: ObjectRow.uidBytes)
        versionID = try reader.required(2, count: ObjectRow.uidBytes)
        lsn = try reader.integer(3)
        createdMilliseconds = try reader.integer(4)
        isNullVersion = try !reader.flag(ObjectRow.namedVersionTag)
        try reader.finish()
    }
}
