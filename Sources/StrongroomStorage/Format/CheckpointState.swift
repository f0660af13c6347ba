internal import StrongroomJournal

/// How far the index is, in one row of the index (key `00 01`), written by every checkpoint transaction.
///
///      offset  size
///           0     4   format u32
///           4    16   store id
///          20     8   contained LSN u64: some row of the index may be as new as this
///          28     8   applied LSN u64: every commit up to this is in the index; replay starts after it
///          36     8   store time, milliseconds since 1970 (i64)
///          44     8   sealed blob epoch u64: no file of this or an older epoch waits for its commit
///          52    8·7  statistics: rows, then payload count and bytes inline, in segments, in blobs (u64)
///         108     4   CRC-32C of all before it
///
/// Little-endian. Part of the on-disk format: must not change without a new format version.
struct CheckpointState: Equatable {
    static let key: [UInt8] = [0x00, 0x01]
    static let format: UInt32 = 1
    static let storeIDSizeBytes = 16

    var storeID: [UInt8]
    var containedLSN: UInt64 = 0
    var appliedLSN: UInt64 = 0
    var timeMilliseconds: Int64 = 0
    var sealedBlobEpoch: UInt64 = 0
    var statistics = RowStatistics()

    enum Fault: Error, Equatable {
        case damaged
        case unknownFormat(UInt32)
    }

    func encoded() -> [UInt8] {
        assert(appliedLSN <= containedLSN)
        assert(storeID.count == Self.storeIDSizeBytes)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(112)
        bytes.appendLittleEndian(Self.format)
        bytes.append(contentsOf: storeID)
        bytes.appendLittleEndian(containedLSN)
        bytes.appendLittleEndian(appliedLSN)
        bytes.appendLittleEndian(timeMilliseconds)
        bytes.appendLittleEndian(sealedBlobEpoch)
        for count in statistics.fields { bytes.appendLittleEndian(count) }
        bytes.appendLittleEndian(bytes.checksum)
        return bytes
    }

    init(storeID: [UInt8]) {
        precondition(storeID.count == Self.storeIDSizeBytes, "a store id has 16 bytes")
        self.storeID = storeID
    }

    init(decoding bytes: [UInt8]) throws(Fault) {
        var reader = ByteReader(bytes)
        guard let format = reader.integer(UInt32.self) else { throw .damaged }
        guard format == Self.format else { throw .unknownFormat(format) }
        guard let storeID = reader.bytes(Self.storeIDSizeBytes), let contained = reader.integer(UInt64.self),
            let applied = reader.integer(UInt64.self), let time = reader.integer(Int64.self),
            let sealed = reader.integer(UInt64.self)
        else { throw .damaged }
        var fields: [UInt64] = []
        for _ in 0..<RowStatistics.fieldCount {
            guard let field = reader.integer(UInt64.self) else { throw .damaged }
            fields.append(field)
        }
        let covered = reader.position
        guard reader.integer(UInt32.self) == bytes.checksum(ofFirst: covered),
            reader.remaining == 0, applied <= contained, max(contained, sealed) <= JournalNumber.greatest
        else { throw .damaged }
        self.storeID = storeID
        containedLSN = contained
        appliedLSN = applied
        timeMilliseconds = time
        sealedBlobEpoch = sealed
        statistics = RowStatistics(fields: fields)
    }
}
