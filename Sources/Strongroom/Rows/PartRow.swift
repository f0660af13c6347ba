/// The row of one part of an upload, and later of the object: it owns the part's payload.
///
/// Byte map of the value, version 1:
///
///     version u8 = 1 | fields (`FieldWriter`) | row MAC (32)
///
///     tag  value                                  tag  value
///      1   part uid (16, random for each attempt)  5   stored payload length u64
///      2   LSN u64                                 6   part MAC (32), absent in mode none
///      3   last modified, ms since 1970, i64       7   attribute block (sealed stream): ETag and checksums
///      4   plaintext size u64                      8   tree hash of the stored payload (32), blobs only
struct PartRow: Equatable, Sendable {
    static let formatVersion: UInt8 = 1

    var partUID: [UInt8]
    var lsn: UInt64
    var lastModifiedMilliseconds: Int64
    var sizeBytes: UInt64
    var storedBytes: UInt64
    /// Empty in mode none.
    var partMAC: [UInt8]
    var attributes: [UInt8]
    var treeHash: [UInt8]?

    func encodedWithoutMAC() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 320)
        writer.put(1, partUID)
        writer.put(2, integer: lsn)
        writer.put(3, integer: lastModifiedMilliseconds)
        writer.put(4, integer: sizeBytes)
        writer.put(5, integer: storedBytes)
        if !partMAC.isEmpty { writer.put(6, partMAC) }
        writer.put(7, attributes)
        if let treeHash { writer.put(8, treeHash) }
        return [Self.formatVersion] + writer.bytes
    }
}

extension PartRow {
    init(decoding value: [UInt8]) throws(FieldReader.Malformed) {
        guard value.count > 1 + ObjectRow.macBytes, value[0] == Self.formatVersion else {
            throw .init(reason: "the row is no part's")
        }
        var reader = FieldReader(value.dropFirst().dropLast(ObjectRow.macBytes))
        partUID = try reader.required(1, count: ObjectRow.uidBytes)
        lsn = try reader.integer(2)
        lastModifiedMilliseconds = try reader.integer(3)
        sizeBytes = try reader.integer(4)
        storedBytes = try reader.integer(5)
        partMAC = try reader.optionalBytes(6, count: ObjectRow.macBytes) ?? []
        attributes = Array(try reader.required(7))
        treeHash = try reader.optionalBytes(8, count: 32)
        try reader.finish()
    }
}
