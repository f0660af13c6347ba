/// A disk at one moment, and the ways in which power may fail then.
///
/// What no sync has made durable is a list of changes: writes and new sizes of files, entries of directories. Any
/// subset of them may survive a power failure, but for one rule: of the truncations of a file those survive that came
/// first, because a file system's own journal orders them.
package struct SimulatedMoment: Sendable {
    private let disk: SimulatedDisk

    /// Files and directories to which a name leads, may lead after a power failure: what happened to others matters to
    /// nobody.
    private let nodes: [SimulatedDisk.NodeID]

    init(_ disk: SimulatedDisk) {
        self.disk = disk
        let mentioned = disk.mentionedNodes
        nodes = disk.nodes.keys.filter(mentioned.contains).sorted()
    }

    /// How many changes there are that a power failure may undo.
    package var unsyncedCount: Int { nodes.reduce(0) { $0 + (disk.nodes[$1]?.unsyncedCount ?? 0) } }

    /// The disk after a power failure that these changes survive whole, and no others; nil where that breaks the rule.
    ///
    /// - Parameters:
    ///   - isKept: by number from 0, in the order in which files and directories were made, and in each the changes.
    ///   - garbage: what blocks hold that belong to a file and were never written; nil for zeros.
    ///   - seed: for what is drawn on the disk that is found.
    package func surviving(
        garbage: UInt8? = nil, seed: UInt64 = 0, _ isKept: (Int) -> Bool
    ) -> SimulatedFileSystem? {
        var found = disk
        found.openHandles = [:]
        found.lockedFiles = []
        var number = 0
        for id in nodes {
            guard let node = disk.nodes[id] else { continue }
            let first = number
            number += node.unsyncedCount
            switch node {
            case .file(let content):
                guard let content = content.surviving(garbage: garbage, { isKept(first + $0) }) else { return nil }
                found.nodes[id] = .file(content)
            case .directory(let directory):
                found.nodes[id] = .directory(directory.surviving { isKept(first + $0) })
            }
        }
        found.dropUnreachable()
        return SimulatedFileSystem(disk: found, seed: seed)
    }

    /// The disk after a power failure of which the seed decides what survives; writes may be torn.
    package func surviving(seed: UInt64) -> SimulatedFileSystem {
        SimulatedFileSystem(disk: disk.surviving(seed: seed), seed: seed &+ 1)
    }
}

extension SimulatedDisk.Node {
    fileprivate var unsyncedCount: Int {
        switch self {
        case .file(let content): content.unsynced.count
        case .directory(let directory): directory.unsynced.count
        }
    }
}
