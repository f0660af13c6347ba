/// The row of the lock clock: the time by which locks expire, as it was saved last.
///
/// Byte map of the value, version 1:
///
///     version u8 = 1 | fields (`FieldWriter`) | row MAC (32)
///
///     tag  value
///      1   lock time, ms since 1970, i64
///
/// The MAC is made with the keys of the rows of buckets. An older row in place of a newer one makes the store
/// believe that it was closed for longer, and so that its clock needs to be confirmed.
struct LockClockRow: Equatable, Sendable {
    static let formatVersion: UInt8 = 1

    var milliseconds: Int64

    func encodedWithoutMAC() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 16)
        writer.put(1, integer: milliseconds)
        return [Self.formatVersion] + writer.bytes
    }
}

extension LockClockRow {
    init(decoding value: [UInt8]) throws(FieldReader.Malformed) {
        guard value.count > 1 + ObjectRow.macBytes, value[0] == Self.formatVersion else {
            throw .init(reason: "the row is no lock clock's")
        }
        var reader = FieldReader(value.dropFirst().dropLast(ObjectRow.macBytes))
        milliseconds = try reader.integer(1)
        try reader.finish()
    }
}
