/// Reads the records of `replay_recorder.h`, one after the other.
struct RecordingReader {
    private static let headerBytes = 32

    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() throws -> RecordedCall? {
        guard position < bytes.count else { return nil }
        guard bytes.count - position >= Self.headerBytes else { throw ReplayError("the recording ends in a record") }
        let kind = number(UInt32.self, at: 0)
        let descriptor = number(Int32.self, at: 4)
        let flags = number(UInt32.self, at: 8)
        let nameBytes = Int(number(UInt32.self, at: 12))
        let offset = Int(number(UInt64.self, at: 16))
        let dataBytes = Int(number(UInt64.self, at: 24))
        let nameStart = position + Self.headerBytes
        let dataStart = nameStart + nameBytes
        guard dataStart + dataBytes <= bytes.count else { throw ReplayError("the recording ends in a record") }
        position = dataStart + dataBytes
        let names = bytes[nameStart..<dataStart].split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let data = dataStart..<position
        let isSynced = flags & 4 != 0
        switch kind {
        case 1:
            return .open(
                descriptor: descriptor, name: names[0], creates: flags & 1 != 0, empties: flags & 2 != 0,
                isSynchronous: isSynced)
        case 2: return .write(descriptor: descriptor, offset: offset, bytes: data, isSynced: isSynced)
        case 3: return .truncate(descriptor: descriptor, sizeBytes: offset)
        case 4: return .allocate(descriptor: descriptor, sizeBytes: offset)
        case 5: return .synchronize(descriptor: descriptor)
        case 6: return .rename(names[0], to: names[1])
        case 7: return .remove(names[0])
        case 8: return .makeDirectory(names[0])
        case 9: return .removeDirectory(names[0])
        case 10: return .link(names[0], to: names[1])
        case 11: return .close(descriptor: descriptor)
        case 12: return .duplicate(descriptor: descriptor, as: Int32(offset))
        case 13: return .mark(bytes: data)
        case 14: return .map(descriptor: descriptor)
        default: return .unknown(names.first ?? "kind \(kind)")
        }
    }

    private func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
        var value: Number = 0
        for index in 0..<MemoryLayout<Number>.size {
            value |= Number(truncatingIfNeeded: bytes[position + offset + index]) << (8 * index)
        }
        return value
    }
}
