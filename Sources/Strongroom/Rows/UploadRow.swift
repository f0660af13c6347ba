internal import StrongroomCrypto

/// The row of a multipart upload: the object's row as far as it is known, and what its parts have to bring.
///
/// Byte map of the value, version 1 (the first byte tells it from an object's row):
///
///     0x91 | fields (`FieldWriter`) | row MAC (32)
///
///     tag  value
///      1   the object's row without its MAC; part table empty, sizes 0, LSN and time those of the creation
///      2   checksums of the parts: for each, in order of the algorithms, algorithm u8 | type u8 of the object's
///          checksum (1 full object, 2 composite); absent where there are none
///      3   u8 = 1 where the ETag is to be made of MD5s; else absent
struct UploadRow: Equatable, Sendable {
    static let formatVersion: UInt8 = 0x91

    var object: ObjectRow
    var checksums: [UploadChecksum]
    var wantsMD5: Bool

    func encodedWithoutMAC() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 640)
        writer.put(1, object.encodedWithoutMAC())
        if !checksums.isEmpty { writer.put(2, checksums.flatMap { [$0.algorithm.rawValue, $0.type.rawValue] }) }
        if wantsMD5 { writer.put(3, [1]) }
        return [Self.formatVersion] + writer.bytes
    }
}

extension UploadRow {
    init(decoding value: [UInt8]) throws(FieldReader.Malformed) {
        guard value.count > 1 + ObjectRow.macBytes, value[0] == Self.formatVersion else {
            throw .init(reason: "the row is no upload's")
        }
        var reader = FieldReader(value.dropFirst().dropLast(ObjectRow.macBytes))
        // The inner row has no MAC of its own; its decoder takes the last bytes for one.
        object = try ObjectRow(
            decoding: Array(try reader.required(1)) + [UInt8](repeating: 0, count: ObjectRow.macBytes))
        guard object.parts == .pending else { throw .init(reason: "the upload's part table is not empty") }
        checksums = []
        if let bytes = try reader.optional(2) { checksums = try Self.decodeChecksums(bytes) }
        wantsMD5 = try reader.flag(3)
        try reader.finish()
    }

    private static func decodeChecksums(
        _ bytes: ArraySlice<UInt8>
    ) throws(FieldReader.Malformed) -> [UploadChecksum] {
        var rest = bytes
        var checksums: [UploadChecksum] = []
        repeat {
            guard let number = rest.popFirst(), let algorithm = ChecksumAlgorithm(rawValue: number),
                let type = rest.popFirst().flatMap(ChecksumType.init(rawValue:)),
                algorithm.allows(type, multipart: true),
                checksums.last.map({ $0.algorithm.rawValue < number }) ?? true
            else { throw .init(reason: "the checksum algorithms cannot be read") }
            checksums.append(UploadChecksum(algorithm: algorithm, type: type))
        } while !rest.isEmpty
        return checksums
    }
}
