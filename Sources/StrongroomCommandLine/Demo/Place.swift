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
        }
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
