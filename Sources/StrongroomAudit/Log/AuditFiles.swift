internal import StrongroomSystem
package import SystemPackage

/// Where the files of a log are.
///
///     FOLDER/00000000000000000000.audit …   segments, each named by the index of its first record
///     FOLDER/LOCK                           held by whoever writes
///     ANCHOR/audit-anchor                   the newest checkpoint
///     ANCHOR/audit-key                      the public key
///
/// The anchor should be on another disk than the log, and under other hands: who can put an old copy of both in place
/// leaves no trace that could be seen from inside.
package struct AuditFiles: Sendable, Equatable {
    package let folder: FilePath
    package let anchorFolder: FilePath

    package init(folder: FilePath, anchorFolder: FilePath) {
        self.folder = folder
        self.anchorFolder = anchorFolder
    }

    package static let anchorName = "audit-anchor"
    package static let keyName = "audit-key"
    static let lockName = "LOCK"
    static let temporarySuffix = ".new"
    private static let segmentSuffix = ".audit"
    private static let digits = 20

    package var anchor: FilePath { anchorFolder.appending(Self.anchorName) }
    package var key: FilePath { anchorFolder.appending(Self.keyName) }
    var lock: FilePath { folder.appending(Self.lockName) }

    func segment(_ firstIndex: UInt64) -> FilePath { folder.appending(Self.segmentName(firstIndex)) }

    static func segmentName(_ firstIndex: UInt64) -> String {
        let text = String(firstIndex)
        return String(repeating: "0", count: digits - text.count) + text + segmentSuffix
    }

    /// Nil for names that are none of a segment.
    static func firstIndex(inName name: String) -> UInt64? {
        guard name.hasSuffix(segmentSuffix), let index = UInt64(name.dropLast(segmentSuffix.count)),
            segmentName(index) == name
        else { return nil }
        return index
    }

    /// First indices of the segments that are there, ascending; none where there is no folder.
    func segments(_ fileSystem: any FileSystem) throws(StorageError) -> [UInt64] {
        guard try fileSystem.status(folder) != nil else { return [] }
        return try fileSystem.list(folder).compactMap { Self.firstIndex(inName: $0) }.sorted()
    }
}

extension FileSystem {
    /// A whole file; nil where there is none. Fails with `limitExceeded` where it is larger than it can be.
    func contents(of path: FilePath, sizeBytesMax: Int) throws(StorageError) -> [UInt8]? {
        guard try status(path) != nil else { return nil }
        let file = try open(path, .readOnly)
        defer { file.close() }
        let sizeBytes = try file.sizeBytes()
        guard sizeBytes <= UInt64(sizeBytesMax) else {
            throw StorageError(.limitExceeded, "the file has \(sizeBytes) bytes; none here has so many", path: path)
        }
        return try file.readBytes(at: 0, count: Int(sizeBytes))
    }

    /// Replaces a small file: it is there whole, the old one or the new one.
    func replace(_ path: FilePath, with bytes: [UInt8]) throws(StorageError) {
        let temporary = FilePath(path.string + AuditFiles.temporarySuffix)
        if try status(temporary) != nil { try remove(temporary) }
        let file = try open(temporary, .create)
        defer { file.close() }
        try file.write(bytes, at: 0)
        try file.synchronizeData()
        try rename(temporary, to: path)
        try synchronizeDirectory(path.removingLastComponent())
    }
}
