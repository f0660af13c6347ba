import Foundation
import Testing

/// A mapping of this process with its flags, from /proc/self/smaps.
struct MemoryMapping {
    var range: Range<UInt>
    var flags: Set<String> = []

    static func all() throws -> [MemoryMapping] {
        // The kernel gives the file piece by piece, which Foundation's whole-file readers take for its end.
        let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
        var contents = Data()
        while let piece = try handle.read(upToCount: 1 << 16), !piece.isEmpty { contents += piece }
        var mappings: [MemoryMapping] = []
        for line in String(decoding: contents, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            let bounds = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if bounds.count == 2 { mappings.append(MemoryMapping(range: bounds[0]..<bounds[1])) }
            if words[0] == "VmFlags:" { mappings[mappings.count - 1].flags = Set(words.dropFirst().map(String.init)) }
        }
        return mappings
    }
}
