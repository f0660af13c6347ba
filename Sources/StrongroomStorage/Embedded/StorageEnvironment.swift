package import StrongroomCatalog
package import StrongroomSystem
package import SystemPackage

/// What a store gets from outside: disk, randomness, time, and the index's implementation.
package struct StorageEnvironment: Sendable {
    /// Opens the index in a folder; the flag says that there must be one already.
    package typealias MakeIndex = @Sendable (FilePath, _ mustExist: Bool) throws(StorageError) -> any OrderedIndex

    package var fileSystem: any FileSystem
    package var random: any RandomSource
    package var clock: any StoreClock
    package var makeIndex: MakeIndex
    /// What the index adds up over the engine's rows; nil for nothing.
    package var sums: RowSumDefinition?

    package init(
        fileSystem: any FileSystem, random: any RandomSource, clock: any StoreClock,
        makeIndex: @escaping MakeIndex = Self.lmdb, sums: RowSumDefinition? = nil
    ) {
        self.fileSystem = fileSystem
        self.random = random
        self.clock = clock
        self.makeIndex = makeIndex
        self.sums = sums
    }

    /// The index in LMDB, on the real file system.
    package static let lmdb: MakeIndex = { (directory, mustExist) throws(StorageError) in
        var options = LMDBIndex.Options()
        options.mustExist = mustExist
        return try LMDBIndex(directory: directory, options: options)
    }
}
