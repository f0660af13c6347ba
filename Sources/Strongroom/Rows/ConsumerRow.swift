/// The row of a named consumer of the change feed: how far it has come.
///
/// Byte map of the value, version 1:
///
///     version u8 = 1 | fields (`FieldWriter`) | row MAC (32)
///
///     tag  value
///      1   timeline u32 of the position, 2 its LSN u64, 3 its index u32
///      4   store time of the last acknowledgement, ms since 1970, i64
///
/// The MAC is made with the keys of the rows of buckets. An older row in place of a newer one makes a consumer see
/// changes again.
struct ConsumerRow: Equatable, Sendable {
    static let formatVersion: UInt8 = 1

    var timeline: UInt32
    var lsn: UInt64
    var index: UInt32
    var acknowledgedMilliseconds: Int64

    func encodedWithoutMAC() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 48)
        writer.put(1, integer: timeline)
        writer.put(2, integer: lsn)
        writer.put(3, integer: index)
        writer.put(4, integer: acknowledgedMilliseconds)
        return [Self.formatVersion] + writer.bytes
    }
}

extension ConsumerRow {
    init(decoding value: [UInt8]) throws(FieldReader.Malformed) {
        guard value.count > 1 + ObjectRow.macBytes, value[0] == Self.formatVersion else {
            throw .init(reason: "the row is no consumer's")
        }
        var reader = FieldReader(value.dropFirst().dropLast(ObjectRow.macBytes))
        timeline = try reader.integer(1)
        lsn = try reader.integer(2)
        index = try reader.integer(3)
        acknowledgedMilliseconds = try reader.integer(4)
        try reader.finish()
    }
}
