/// What has been freed and may still be read: kept until no reader who could know of it is left.
///
/// Used by the checkpointer's thread alone.
struct Retirements<Item> {
    private var waiting: [(epoch: UInt64, items: [Item])] = []

    /// Whether it is worth asking soon again. What was put back waits for nobody.
    var isWaiting: Bool { waiting.contains { $0.epoch > 0 } }

    mutating func add(_ items: [Item], epoch: UInt64) {
        guard !items.isEmpty else { return }
        assert((waiting.last?.epoch ?? 0) <= epoch)
        waiting.append((epoch, items))
    }

    /// Items that were taken and could not be freed: the next `takeDrained` returns them again.
    mutating func putBack(_ items: [Item]) {
        guard !items.isEmpty else { return }
        // Older than any reader: nothing keeps them but a hold on everything.
        waiting.insert((0, items), at: 0)
    }

    /// What nobody can read any more; oldest first.
    mutating func takeDrained(_ epochs: ReadEpochs) -> [Item] {
        var drained: [Item] = []
        while let first = waiting.first, epochs.isDrained(through: first.epoch) {
            drained += first.items
            waiting.removeFirst()
        }
        return drained
    }
}
