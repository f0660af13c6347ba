/// How a store is repaired.
public struct RepairOptions: Sendable {
    /// Whether only to say what would be done. Nothing is changed then.
    public var isDryRun = false
    /// Why the catalog must not be opened, where that is known; nil where it may be.
    ///
    /// A catalog that is damaged in the worst way ends the process that reads it. So let a process that does nothing
    /// else try a dry run first: where that process is ended by a signal, say so here. `strongroom repair` does.
    public var catalogDamage: String?

    /// The defaults.
    public init() {}
}
