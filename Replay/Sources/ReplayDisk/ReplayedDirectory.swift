/// A directory of the replayed disk: the names that the process sees, those that are durable, and what lies between.
struct ReplayedDirectory: Sendable {
    enum Change: Sendable {
        case enter(String, Int)
        case leave(String)
        case move(String, to: String, Int)
    }

    private(set) var live: [String: Int]
    private var durable: [String: Int]
    private(set) var unsynced: [(number: Int, change: Change)] = []

    init(durable: [String: Int] = [:]) {
        self.durable = durable
        live = durable
    }

    mutating func note(_ change: Change, number: Int) {
        Self.apply(change, to: &live)
        unsynced.append((number, change))
    }

    mutating func synchronize() {
        durable = live
        unsynced = []
    }

    /// The names after a power failure: nothing is promised about their order before a sync of the directory, nor by
    /// a sync of a file for its own name.
    func surviving(_ failure: inout PowerFailure) -> [String: Int] {
        var names = durable
        for (number, change) in unsynced where failure.keeps(number) { Self.apply(change, to: &names) }
        return names
    }

    private static func apply(_ change: Change, to names: inout [String: Int]) {
        switch change {
        case .enter(let name, let node): names[name] = node
        case .leave(let name): names[name] = nil
        case .move(let name, to: let target, let node):
            names[name] = nil
            names[target] = node
        }
    }
}
