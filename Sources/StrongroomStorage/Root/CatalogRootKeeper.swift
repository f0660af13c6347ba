package import StrongroomSystem

/// What a row counts with in the catalog's root: 256 bits of a keyed function of all that it is, as four numbers that
/// are added up each for itself.
package typealias RowHash = SIMD4<UInt64>

/// Who has the keys of the catalog's root: the storage has none itself.
///
/// The root is a multiset hash of all rows of the engine's: the sum of what each counts with (MSet-Add-Hash: Clarke,
/// Devadas, van Dijk, Gassend, Suh, Incremental Multiset Hash Functions and Their Application to Memory Integrity
/// Checking, ASIACRYPT 2003). A checkpoint changes it by difference, in its own transaction. Each row has its MAC; the
/// root tells what no MAC can: that a row was taken away, or is again what it was before.
///
/// What is stored of it is sealed: among sums that can be read, combinations of old rows could be searched that add up.
package protocol CatalogRootKeeper: Sendable {
    /// Of a row's key and of all its stored bytes. Never the row's MAC, which everybody can read.
    func hash(_ key: [UInt8], _ row: [UInt8]) throws(StorageError) -> RowHash
    /// Seals a record for a place, which is bound and not kept.
    func seal(_ record: [UInt8], for place: [UInt8]) throws(StorageError) -> [UInt8]
    /// Nil for what was not sealed for that place with these keys.
    func open(_ sealed: [UInt8], for place: [UInt8]) throws(StorageError) -> CatalogRootRecord?
    /// Commits of which `check` wants to know what the catalog was, where only the journal has them.
    var anchoredLSNs: Set<UInt64> { get }
    /// Whether a catalog may be used as it was found; called once, before anything is changed. Throws why not.
    func check(_ found: CatalogRootFound) throws(StorageError)
    /// Told of the root after each checkpoint. Blocks, and with it the next checkpoint: not for long, whatever becomes
    /// of the places where it is noted. Whether it was noted; else it is told again. What is known of a later commit
    /// stays: the catalog is behind it, and the journal catches up.
    func note(_ mark: CatalogRootMark) -> Bool
    /// Told when a store is closed, after its last checkpoint, and before anybody else can open it. Blocks.
    func end() throws(StorageError)
}

/// A record that was opened.
package struct CatalogRootRecord: Sendable {
    package var bytes: [UInt8]
    /// Whether it is as it would be sealed now; else it is sealed anew at once.
    package var isCurrent: Bool

    package init(bytes: [UInt8], isCurrent: Bool) {
        self.bytes = bytes
        self.isCurrent = isCurrent
    }
}

/// The root of a catalog in which everything is up to a commit, and nothing of a later one.
package struct CatalogRootMark: Sendable, Equatable {
    package var lsn: UInt64
    /// 32 bytes. Secret: only what is computed from them with a key may be stored.
    package var rows: [UInt8]
}

/// What an opening found.
package struct CatalogRootFound: Sendable {
    /// The last commit that the store has, in the catalog or in the journal.
    package var lastLSN: UInt64
    /// The last commit that is in the catalog with all before it; what comes after is in the journal, whose frames
    /// anybody can make.
    package var appliedLSN: UInt64
    /// Of commits up to this some rows may be in the catalog already: what it was at one of them cannot be told.
    package var containedLSN: UInt64
    /// Whether there is a root, for the catalog as it is, that all rows are in.
    package var hasRoot: Bool
    /// The root of the catalog, unless a checkpoint did not come to its end, and at the anchored commits of the
    /// journal; by LSN. Empty without a root.
    package var marks: [UInt64: CatalogRootMark]
}

extension CatalogRootKeeper {
    /// What it does to a root that a row becomes another, comes or goes.
    func change(_ key: [UInt8], from old: [UInt8]?, to new: [UInt8]?) throws(StorageError) -> RowHash {
        var change = RowHash.zero
        if let old { change &-= try hash(key, old) }
        if let new { change &+= try hash(key, new) }
        return change
    }
}
