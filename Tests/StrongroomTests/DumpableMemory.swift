import Glibc
import SystemPackage

/// The memory of this process that a core dump holds by default (core(5), coredump_filter): private,
/// writable, and not marked with MADV_DONTDUMP.
enum DumpableMemory {
    static func contains(_ canary: Canary) throws -> Bool {
        unsafe try search { unsafe canary.isIn($0) }
    }

    /// Reads through /proc/self/mem, because other threads may unmap what is being looked at, and into a
    /// buffer that is not dumped itself, so that it is not searched in turn.
    private static func search(_ isHit: (UnsafeRawBufferPointer) -> Bool) throws -> Bool {
        let window = 1 << 20
        let overlap = 64
        let buffer = unsafe mmap(nil, window, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        defer { _ = unsafe munmap(buffer, window) }
        let isExcluded = unsafe madvise(buffer, window, MADV_DONTDUMP) == 0
        guard isExcluded else { throw Errno(rawValue: errno) }
        let memory = try FileDescriptor.open(FilePath("/proc/self/mem"), .readOnly)
        defer { try? memory.close() }
        for region in try dumpedRegions() {
            var address = region.lowerBound
            while address < region.upperBound {
                let count = min(window, Int(region.upperBound - address))
                let target = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: count)
                guard let read = unsafe try? memory.read(fromAbsoluteOffset: Int64(address), into: target), read > 0
                else { break }
                if unsafe isHit(UnsafeRawBufferPointer(rebasing: target[..<read])) { return true }
                guard read > overlap else { break }
                address += UInt64(read == count && address + UInt64(read) >= region.upperBound ? read : read - overlap)
            }
        }
        return false
    }

    private static func dumpedRegions() throws -> [Range<UInt64>] {
        let text = String(decoding: try wholeFile("/proc/self/smaps"), as: UTF8.self)
        var regions: [Range<UInt64>] = []
        var current: (range: Range<UInt64>, isPrivate: Bool)?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words[0] == "VmFlags:" {
                if let current, current.isPrivate, !words.contains("dd") { regions.append(current.range) }
            } else if !words[0].hasSuffix(":"), words.count >= 5, let dash = words[0].firstIndex(of: "-"),
                let start = UInt64(words[0][..<dash], radix: 16),
                let end = UInt64(words[0][words[0].index(after: dash)...], radix: 16)
            {
                current = (start..<end, words[1].hasPrefix("rw") && words[1].hasSuffix("p"))
            }
        }
        return regions
    }

    /// Files in /proc say that they are empty: read until nothing comes.
    private static func wholeFile(_ path: FilePath) throws -> [UInt8] {
        let descriptor = try FileDescriptor.open(path, .readOnly)
        defer { try? descriptor.close() }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try unsafe piece.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) }
            guard count > 0 else { return bytes }
            bytes += piece.prefix(count)
        }
    }
}
