import StrongroomCatalog
import StrongroomSystem
import SystemPackage
import Testing

/// One thread tells others that it has come to a point.
final class Signal: Sendable {
    private let isSet = Monitor(false)

    func set() {
        isSet.withLock { $0 = true }
        isSet.broadcast()
    }

    func wait() { isSet.wait(until: { $0 }, { _ in }) }
}

extension OrderedIndex {
    /// Reads all rows twice in one snapshot, with `between` in between: `count` rows with the value [1].
    func expectOnes(count: Int, _ between: () -> Void) {
        do {
            try read { snapshot throws(StorageError) in
                let before = try snapshot.rows(from: [], limit: .max)
                between()
                let after = try snapshot.rows(from: [], limit: .max)
                #expect(before == after)
                #expect(after.count == count && after.allSatisfy { $0.value == [1] })
            }
        } catch {
            Issue.record("\(error)")
        }
    }
}

extension PosixFileSystem {
    /// A catalog's file, as whoever has the disk reads it.
    func contents(of path: FilePath) throws -> [UInt8] {
        let file = try open(path, .readOnly)
        defer { file.close() }
        return try file.readBytes(at: 0, count: Int(file.sizeBytes()))
    }

    func replaceContents(of path: FilePath, with bytes: [UInt8]) throws {
        let file = try open(path, .readWrite)
        defer { file.close() }
        try file.truncate(toBytes: 0)
        try file.write(bytes, at: 0)
    }
}

extension LMDBIndex.Options {
    /// Without a reserve on disk: tests open many.
    static func small(mapSizeBytes: Int = 1 << 30, mustExist: Bool = false) -> Self {
        var options = Self()
        options.mapSizeBytes = mapSizeBytes
        options.reservedTailBytes = 0
        options.mustExist = mustExist
        return options
    }
}
