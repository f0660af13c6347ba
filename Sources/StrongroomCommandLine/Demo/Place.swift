#if CommandLineTool
internal import SystemPackage

/// Which byte of a file to damage.
enum Place: Sendable {
    case middle
    /// Within ciphertext, as near to the middle of what is written as there is some: preallocated and padded
    /// space holds nothing that could be damaged.
    case ciphertext
    /// Behind the last occurrence of these bytes.
    case after([UInt8])
    /// The wrapped data key of the row whose own key ends in these bytes, in the last of its copies.
    case wrappedKey(behind: [UInt8])

    /// How far behind: past what a row begins with, and within the shortest one.
    private static let bytesBehind = 24

    func offset(in file: FilePath, _ sizeBytes: UInt64) throws(CommandFailure) -> UInt64 {
        switch self {
        case .middle: return sizeBytes / 2
        case .ciphertext:
            let bytes = try Self.contents(of: file)
            let written = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
            for start in stride(from: written / 2, to: written - 64, by: 16) {
                if Self.looksRandom(bytes[start..<start + 64]) { return UInt64(start + 32) }
            }
            throw CommandFailure(.demoFailed, "no ciphertext in \(quoted(file.string))")
        case .after(let marker):
            let bytes = try Self.contents(of: file)
            guard let found = Self.last(marker, in: bytes) else {
                throw CommandFailure(.demoFailed, "no trace of the object in \(quoted(file.string))")
            }
            return UInt64(found + marker.count + Self.bytesBehind)
        case .wrappedKey(let marker):
            let bytes = try Self.contents(of: file)
            guard let found = Self.last(marker, in: bytes),
                let offset = Self.wrappedKey(in: bytes, rowAt: found + marker.count)
            else { throw CommandFailure(.demoFailed, "no wrapped key in \(quoted(file.string))") }
            return UInt64(offset)
        }
    }

    /// Fields are a tag u16, a length u32 and a value (see Formats in the documentation); the wrapped key is field 11,
    /// and its binding of 32 bytes field 12.
    private static func wrappedKey(in bytes: [UInt8], rowAt start: Int) -> Int? {
        for position in start..<min(start + 512, bytes.count - 6) where bytes[position...].starts(with: [11, 0]) {
            let count = (0..<4).reduce(0) { $0 | Int(bytes[position + 2 + $1]) << (8 * $1) }
            let end = position + 6 + count
            guard end < bytes.count, bytes[end...].starts(with: [12, 0, 32, 0, 0, 0]) else { continue }
            return position + 6 + count / 2
        }
        return nil
    }

    /// 64 random bytes are nearly always more than 48 different ones; structure and text never are.
    private static func looksRandom(_ bytes: ArraySlice<UInt8>) -> Bool {
        Set(bytes).count > 48
    }

    private static func last(_ marker: [UInt8], in bytes: [UInt8]) -> Int? {
        var start = bytes.count - marker.count
        while start >= 0 {
            if bytes[start] == marker[0] && bytes[start..<start + marker.count].elementsEqual(marker) { return start }
            start -= 1
        }
        return nil
    }

    private static func contents(of path: FilePath) throws(CommandFailure) -> [UInt8] {
        let file = try InputFile(path.string)
        var bytes: [UInt8] = []
        while true {
            let part = try file.read(4 << 20)
            if part.isEmpty { return bytes }
            bytes += part
        }
    }
}
#endif
