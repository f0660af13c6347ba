internal import StrongroomCatalog
internal import StrongroomSystem

/// How far the index's sums are, in one row of the index (key `00 04`), written by every transaction that changes rows
/// or sums.
///
///      offset  size
///           0     4   number of the definition u32
///           4     8   contained LSN u64, as `CheckpointState` has it in the same transaction
///          12     8   applied LSN u64, as there
///          20     1   phase: 0 sums of before are being removed, 1 rows are being added up, 2 complete
///          21     –   phase 1: the key up to which rows have been added up, and with it
///           –     4   CRC-32C of all before it
///
/// Little-endian. A program that knows nothing of sums leaves this row as it is. A checkpoint of its own moves the
/// contained LSN on, and one that it found half done and brought to its end moves the applied LSN: where either is
/// another than here, all rows are added up anew. So are they where a checkpoint is found half done at opening
/// (`RowSumBuilder`), where this row is damaged, and where another definition has added up.
struct RowSumState: Equatable {
    static let key: [UInt8] = [0x00, 0x04]

    enum Phase: Equatable {
        case clearing
        case adding(upTo: [UInt8])
        case complete
    }

    var definitionNumber: UInt32
    var containedLSN: UInt64
    var appliedLSN: UInt64
    var phase = Phase.clearing

    /// Whether the row of `key` is in the sums.
    func covers(_ key: [UInt8]) -> Bool {
        switch phase {
        case .clearing: false
        case .adding(let place): !ByteOrder.isLess(place, key)
        case .complete: true
        }
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(definitionNumber)
        bytes.appendLittleEndian(containedLSN)
        bytes.appendLittleEndian(appliedLSN)
        switch phase {
        case .clearing: bytes.append(0)
        case .adding(let place): bytes += [1] + place
        case .complete: bytes.append(2)
        }
        bytes.appendLittleEndian(bytes.checksum)
        return bytes
    }

    /// Nil where `bytes` are damaged.
    init?(decoding bytes: [UInt8]) {
        let covered = bytes.count - 4
        guard covered >= 21 else { return nil }
        var end = ByteReader(bytes, in: covered..<bytes.count)
        guard end.integer(UInt32.self) == bytes.checksum(ofFirst: covered) else { return nil }
        var reader = ByteReader(bytes, in: 0..<covered)
        guard let number = reader.integer(UInt32.self), let contained = reader.integer(UInt64.self),
            let applied = reader.integer(UInt64.self), let phase = reader.integer(UInt8.self)
        else { return nil }
        switch phase {
        case 0 where reader.remaining == 0: self.phase = .clearing
        case 1: self.phase = .adding(upTo: Array(bytes[reader.position..<covered]))
        case 2 where reader.remaining == 0: self.phase = .complete
        default: return nil
        }
        definitionNumber = number
        containedLSN = contained
        appliedLSN = applied
    }

    /// - Parameter checkpoint: as the same transaction has it.
    init(definitionNumber: UInt32, at checkpoint: CheckpointState, phase: Phase) {
        self.definitionNumber = definitionNumber
        containedLSN = checkpoint.containedLSN
        appliedLSN = checkpoint.appliedLSN
        self.phase = phase
    }

    /// As the index has it; where what is there is not to be believed, the state in which all is to be done.
    init(_ definition: RowSumDefinition, in snapshot: any OrderedIndexSnapshot) throws(StorageError) {
        let checkpoint = try StoreView.checkpointState(in: snapshot)
        guard let stored = try snapshot.value(Self.key).flatMap(RowSumState.init(decoding:)),
            stored.definitionNumber == definition.number, stored.containedLSN == checkpoint.containedLSN,
            stored.appliedLSN == checkpoint.appliedLSN
        else {
            self.init(definitionNumber: definition.number, at: checkpoint, phase: .clearing)
            return
        }
        self = stored
    }
}
