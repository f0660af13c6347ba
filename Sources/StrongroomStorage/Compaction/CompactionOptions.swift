/// When segments are compacted, and how much at a time.
package struct CompactionOptions: Sendable {
    /// Whether it happens by itself. Never in simulations (`EmbeddedStorageOptions.isTimed`), which compact by hand.
    package var isAutomatic = true
    /// It begins when the sealed segments take more than so many times the space of their live payloads.
    package var spaceRatio = 1.35
    /// And when there are so many of them: the few of a small store are left alone.
    package var segmentsMinimum = 4
    /// Payloads are moved in commits of about this size; it bounds memory, and for how long writers wait.
    package var commitBytes = 1 << 20
    /// So much is written at most before what it has emptied must be free.
    package var spaceBudgetBytes: UInt64 = 64 << 20

    package init() {}
}
