import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomTestSupport

/// Everything that is there when power fails, and what was issued and acknowledged by then.
struct CrashMoment: Sendable {
    let disk: SimulatedMoment
    let index: MemoryIndex
    let model: StoreModel
    /// What an anchor outside said of the catalog; nil where there is none.
    var anchor: CatalogRootMark?
    /// Whether there was a store, where the scenario makes it.
    var making = StoreMakingState.notNeeded
    /// Nil where the scenario makes none.
    var backups: BackupRecord?

    /// At each step of one recovery in so many power fails again. Making a store has many steps, and backups, which
    /// take long to look at, are none of a recovery's.
    var recoveryShare: UInt64 {
        if case .underway = making { return 40 }
        return backups == nil ? 4 : 40
    }
}
