/// Reads the records of `replay_recorder.h`, one after the other.
struct RecordingReader {
    private static let headerBytes = 32

    private enum Kind: UInt32 {
        case open = 1
        case write, truncate, allocate, synchronize, rename, remove, makeDirectory, removeDirectory, link
        case close, duplicate, mark, map
    }

    private enum Flag {
        static let creates: UInt32 = 1
        static let empties: UInt32 = 2
        static let isSynced: UInt32 = 4
    }

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
        let isSynced = flags & Flag.isSynced != 0
        switch Kind(rawValue: kind) {
        case .open:
            return .open(
                descriptor: descriptor, name: names[0], creates: flags & Flag.creates != 0,
                empties: flags & Flag.empties != 0,
                isSynchronous: isSynced)
        case .write: return .write(descriptor: descriptor, offset: offset, bytes: data, isSynced: isSynced)
        case .truncate: return .truncate(descriptor: descriptor, sizeBytes: offset)
        case .allocate: return .allocate(descriptor: descriptor, sizeBytes: offset)
        case .synchronize: return .synchronize(descriptor: descriptor)
        case .rename: return .rename(names[0], to: names[1])
        case .remove: return .remove(names[0])
        case .makeDirectory: return .makeDirectory(names[0])
        case .removeDirectory: return .removeDirectory(names[0])
        case .link: return .link(names[0], to: names[1])
        case .close: return .close(descriptor: descriptor)
        case .duplicate: return .duplicate(descriptor: descriptor, as: Int32(offset))
        case .mark: return .mark(bytes: data)
        case .map: return .map(descriptor: descriptor)
        case nil: return .unknown(names.first ?? "kind \(kind)")
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
