/// What has been freed and may still be read: kept until no reader who could know of it is left.
///
/// Used by the checkpointer's thread alone.
struct Retirements<Item> {
    private var waiting: [(epoch: UInt64, items: [Item])] = []

    var isEmpty: Bool { waiting.isEmpty }

    mutating func add(_ items: [Item], epoch: UInt64) {
        guard !items.isEmpty else { return }
        assert((waiting.last?.epoch ?? 0) <= epoch)
        waiting.append((epoch, items))
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
