package import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// Reads payloads out of segments, from any thread that may block, while the writer goes on.
///
/// It checks nothing but lengths: payloads are sealed, and who opens them authenticates them. Whoever
/// reads must keep the segment from being recycled meanwhile (the engine's epochs do).
package final class JournalReader: Sendable {
    private struct Cache {
        struct Entry {
            var file: any StorageFile
            var lastUse: UInt64
        }

        var entries: [UInt64: Entry] = [:]
        var uses: UInt64 = 0
    }

    private let directory: FilePath
    private let fileSystem: any FileSystem
    private let descriptorsMaximum: Int
    private let cache = Mutex(Cache())

    init(directory: FilePath, fileSystem: any FileSystem, descriptorsMaximum: Int) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.descriptorsMaximum = descriptorsMaximum
    }

    /// Exactly `count` bytes at `offset` of a segment.
    package func read(segmentID: UInt64, at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        let file = try file(segmentID)
        let bytes = try file.readBytes(at: offset, count: count)
        guard bytes.count == count else {
            throw StorageError(
                .corrupted,
                "the segment ends within a payload of \(count) bytes; run verify, and restore the file from a backup",
                path: file.path, offset: offset)
        }
        return bytes
    }

    /// As `read`, where that takes no waiting for the device; else nil. Never blocks.
    package func cachedBytes(segmentID: UInt64, at offset: UInt64, count: Int) -> [UInt8]? {
        let file = cache.withLock { cache in
            cache.uses += 1
            cache.entries[segmentID]?.lastUse = cache.uses
            return cache.entries[segmentID]?.file
        }
        return file?.cachedBytes(at: offset, count: count)
    }

    /// Fills `buffer` with the bytes at `offset` of a segment.
    package func read(
        segmentID: UInt64, at offset: UInt64, into buffer: inout MutableRawSpan
    ) throws(StorageError) {
        let file = try file(segmentID)
        guard try file.read(into: &buffer, at: offset) == buffer.byteCount else {
            throw StorageError(
                .corrupted,
                "the segment ends within a payload of \(buffer.byteCount) bytes; "
                    + "run verify, and restore the file from a backup",
                path: file.path, offset: offset)
        }
    }

    /// Closes the descriptor of a segment that is about to be recycled.
    func forget(_ segmentID: UInt64) {
        // Dropped outside the lock: the last reference closes, which may block.
        let entry = cache.withLock { $0.entries.removeValue(forKey: segmentID) }
        withExtendedLifetime(entry) {}
    }

    private func file(_ segmentID: UInt64) throws(StorageError) -> any StorageFile {
        let known = cache.withLock { cache -> (any StorageFile)? in
            cache.uses += 1
            cache.entries[segmentID]?.lastUse = cache.uses
            return cache.entries[segmentID]?.file
        }
        if let known { return known }
        // Opened outside the lock. Two threads may both open it; one of the two is dropped.
        let file = try fileSystem.open(SegmentName.segment(id: segmentID).path(in: directory), .readOnly)
        let evicted = cache.withLock { cache -> Cache.Entry? in
            cache.uses += 1
            cache.entries[segmentID] = Cache.Entry(file: file, lastUse: cache.uses)
            guard cache.entries.count > descriptorsMaximum,
                let oldest = cache.entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
            else { return nil }
            return cache.entries.removeValue(forKey: oldest)
        }
        withExtendedLifetime(evicted) {}
        return file
    }
}
