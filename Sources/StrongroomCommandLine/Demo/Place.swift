#if CommandLineTool
internal import SystemPackage

/// Which bytes of a file to damage.
enum Place: Sendable {
    case middle
    /// Within ciphertext, as near to the middle of what is written as there is some: preallocated and padded
    /// space holds nothing that could be damaged.
    case ciphertext
    /// Behind each occurrence of these bytes: LMDB writes rows anew, and older copies stay in pages that are free.
    case after([UInt8])
    /// The wrapped data key of the row whose own key ends in these bytes, in each of its copies.
    case wrappedKey(behind: [UInt8])

    /// How far behind: past what a row begins with, and within the shortest one.
    private static let bytesBehind = 24

    func offsets(in file: FilePath, _ sizeBytes: UInt64) throws(CommandFailure) -> [UInt64] {
        switch self {
        case .middle: return [sizeBytes / 2]
        case .ciphertext:
            let bytes = try Self.contents(of: file)
            let written = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
            for start in stride(from: written / 2, to: written - 64, by: 16) {
                if Self.looksRandom(bytes[start..<start + 64]) { return [UInt64(start + 32)] }
            }
            throw CommandFailure(.demoFailed, "no ciphertext in \(quoted(file.string))")
        case .after(let marker):
            let bytes = try Self.contents(of: file)
            let found = Self.all(marker, in: bytes).map { UInt64($0 + marker.count + Self.bytesBehind) }
                .filter { $0 < sizeBytes }
            guard !found.isEmpty else {
                throw CommandFailure(.demoFailed, "no trace of the object in \(quoted(file.string))")
            }
            return found
        case .wrappedKey(let marker):
            let bytes = try Self.contents(of: file)
            let found = Self.all(marker, in: bytes).compactMap { start in
                Self.wrappedKey(in: bytes, rowAt: start + marker.count).map { UInt64($0) }
            }
            guard !found.isEmpty else {
                throw CommandFailure(.demoFailed, "no wrapped key in \(quoted(file.string))")
            }
            // Copies near each other may lead to the same one.
            return Set(found).sorted()
        }
    }

    /// Fields are a tag u16, a length u32 and a value (see Formats in the documentation); the wrapped key is field 11,
    /// and its binding of 32 bytes field 12.
    private static func wrappedKey(in bytes: [UInt8], rowAt start: Int) -> Int? {
        for position in start..<max(start, min(start + 512, bytes.count - 6))
        where bytes[position...].starts(with: [11, 0]) {
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

    private static func all(_ marker: [UInt8], in bytes: [UInt8]) -> [Int] {
        var found: [Int] = []
        var start = 0
        while start + marker.count <= bytes.count {
            if bytes[start] == marker[0] && bytes[start..<start + marker.count].elementsEqual(marker) {
                found.append(start)
            }
            start += 1
        }
        return found
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
