internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// What a multi-Region key's attribute has:
///
///     role u8: 1 primary, 2 replica | u8: 1 where the primary knows the key, else 0 | term u64 | primary, member
///     number of replicas u16, each: member, ascending by region
///     number of former regions u16, each: text, ascending
///     days that a primary waits once its last replica is gone, u8; 0 where it is not to go
///     term of the key that is becoming the primary u64, 0 where none is; else: member
///
/// A member is `region, text | keyring id (16)`. Part of the format, must not change.
enum MultiRegionCoding {
    static func encoded(_ record: MultiRegionRecord) -> [UInt8] {
        var bytes = [record.role.rawValue, record.isConfirmed ? 1 : 0]
        bytes.appendLittleEndian(record.term)
        append(record.primary, to: &bytes)
        bytes.appendLittleEndian(UInt16(record.replicas.count))
        for replica in record.replicas { append(replica, to: &bytes) }
        bytes.appendLittleEndian(UInt16(record.formerRegions.count))
        for region in record.formerRegions { bytes.appendText(region) }
        bytes.append(UInt8(record.deletionWindowDays ?? 0))
        bytes.appendLittleEndian(record.promotion?.term ?? 0)
        if let promotion = record.promotion { append(promotion.member, to: &bytes) }
        return bytes
    }

    private static func append(_ member: MultiRegionRecord.Member, to bytes: inout [UInt8]) {
        bytes.appendText(member.region)
        bytes += member.keyringID
    }

    static func decode(_ reader: inout ByteReader) throws(KeyBackendError) -> MultiRegionRecord {
        let (role, confirmation) = (try reader.integer(UInt8.self), try reader.integer(UInt8.self))
        guard let role = MultiRegionRecord.Role(rawValue: role), confirmation <= 1 else {
            throw KeyringFile.damaged("a key is to others what no version here knows")
        }
        let term = try reader.integer(UInt64.self)
        var record = MultiRegionRecord(primary: try member(&reader))
        (record.role, record.isConfirmed, record.term) = (role, confirmation == 1, term)
        for _ in 0..<(try reader.integer(UInt16.self)) { record.replicas.append(try member(&reader)) }
        for _ in 0..<(try reader.integer(UInt16.self)) { record.formerRegions.append(try reader.text()) }
        let days = Int(try reader.integer(UInt8.self))
        record.deletionWindowDays = days == 0 ? nil : days
        let next = try reader.integer(UInt64.self)
        if next > 0 { record.promotion = .init(member: try member(&reader), term: next) }
        return record
    }

    private static func member(_ reader: inout ByteReader) throws(KeyBackendError) -> MultiRegionRecord.Member {
        .init(region: try reader.text(), keyringID: try reader.bytes(KeyringHeader.identifierSizeBytes))
    }
}
