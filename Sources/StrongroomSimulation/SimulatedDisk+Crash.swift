extension SimulatedDisk {
    /// What a power failure at this moment leaves. The seed alone decides, whatever happened before.
    func surviving(seed: UInt64) -> SimulatedDisk {
        var generator = SeededGenerator(seed: seed)
        var result = self
        result.openHandles = [:]
        result.lockedFiles = []
        // In order of creation: a dictionary's own order differs from run to run.
        for id in nodes.keys.sorted() {
            switch nodes[id]! {
            case .file(let content): result.nodes[id] = .file(content.surviving(&generator))
            case .directory(let directory): result.nodes[id] = .directory(directory.surviving(&generator))
            }
        }
        result.dropUnreachable()
        return result
    }

    /// Files whose names were lost are gone, and what they took of the disk is free.
    mutating func dropUnreachable() {
        var reachable: Set<NodeID> = [Self.root]
        var waiting = [Self.root]
        while let id = waiting.popLast() {
            guard case .directory(let directory) = nodes[id] else { continue }
            for child in directory.live.values where reachable.insert(child).inserted { waiting.append(child) }
        }
        nodes = nodes.filter { reachable.contains($0.key) }
        recountOccupiedPages()
    }
}
