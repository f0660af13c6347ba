internal import StrongroomSystem
internal import SystemPackage

/// Second copies of the two small files without which nothing in a store can be used: `store.json.spare` and
/// `metadata-key.json.spare`, byte for byte what the files were when the store was last opened with its keys. Only
/// `repair` reads them. Everything here blocks.
struct SpareFiles {
    static let names = [StoreDescription.fileName, MetadataKeyFile.fileName]
    static let suffix = ".spare"

    let directory: FilePath
    let fileSystem: any FileSystem

    private func path(_ name: String) -> FilePath { directory.appending(name) }
    private func spare(_ name: String) -> FilePath { directory.appending(name + Self.suffix) }

    /// Copies what has changed. The files have just been used: they are what they should be.
    func refresh() throws(StorageError) {
        for name in Self.names {
            let bytes = try fileSystem.contents(of: path(name))
            // Damaged since it was used: what the spare has is better.
            try CanonicalJSONFile.check(bytes, path: path(name))
            if try fileSystem.status(spare(name)) != nil, try fileSystem.contents(of: spare(name)) == bytes { continue }
            try write(bytes, to: spare(name))
        }
    }

    /// Removes a spare that is about to be out of date.
    func forget(_ name: String) throws(StorageError) {
        guard try has(name) else { return }
        try fileSystem.remove(spare(name))
        try fileSystem.synchronizeDirectory(directory)
    }

    /// Whether a file that is missing can be mended.
    func has(_ name: String) throws(StorageError) -> Bool { try fileSystem.status(spare(name)) != nil }

    /// What can be said of a file and its spare.
    enum Condition: Equatable {
        case sound
        /// The reason is of the file.
        case mendable(reason: String)
        /// Neither can be read.
        case lost
    }

    func condition(of name: String) throws(StorageError) -> Condition {
        guard let reason = try fault(of: path(name)) else { return .sound }
        return try fault(of: spare(name)) == nil ? .mendable(reason: reason) : .lost
    }

    /// The file, or its spare where that is damaged.
    func soundBytes(of name: String) throws(StorageError) -> [UInt8] {
        let isMendable = if case .mendable = try condition(of: name) { true } else { false }
        let sound = isMendable ? spare(name) : path(name)
        let bytes = try fileSystem.contents(of: sound)
        try CanonicalJSONFile.check(bytes, path: sound)
        return bytes
    }

    /// Puts the spare in the place of the file, which was put away.
    func mend(_ name: String) throws(StorageError) {
        try write(try fileSystem.contents(of: spare(name)), to: path(name))
    }

    /// Nil for a file that is what was written, of whatever format.
    private func fault(of path: FilePath) throws(StorageError) -> String? {
        guard try fileSystem.status(path) != nil else { return "it was missing" }
        do throws(StorageError) {
            try CanonicalJSONFile.check(try fileSystem.contents(of: path), path: path)
            return nil
        } catch  where error.code == .corrupted {
            return error.message
        }
    }

    private func write(_ bytes: [UInt8], to target: FilePath) throws(StorageError) {
        let new = FilePath(target.string + ".new")
        if try fileSystem.status(new) != nil { try fileSystem.remove(new) }
        let file = try fileSystem.open(new, .create)
        defer { file.close() }
        try file.write(bytes, at: 0)
        try file.synchronizeData()
        try fileSystem.rename(new, to: target)
        try fileSystem.synchronizeDirectory(directory)
    }
}

extension FileSystem {
    /// - Throws: `corrupted` for a file larger than any of these is.
    fileprivate func contents(of path: FilePath) throws(StorageError) -> [UInt8] {
        let file = try open(path, .readOnly)
        defer { file.close() }
        let size = try file.sizeBytes()
        guard size <= UInt64(CanonicalJSONFile.limitBytes) else {
            throw StorageError(.corrupted, "The file has \(size) bytes, more than it can have.", path: path)
        }
        return try file.readBytes(at: 0, count: Int(size))
    }
}
