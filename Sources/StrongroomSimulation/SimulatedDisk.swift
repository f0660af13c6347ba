internal import StrongroomSystem
internal import SystemPackage

/// The state of a simulated file system. A value: a copy is the whole disk at one moment.
struct SimulatedDisk: Sendable {
    typealias NodeID = Int

    enum Node: Sendable {
        case file(SimulatedContent)
        case directory(SimulatedDirectory)
    }

    static let root: NodeID = 0

    var nodes: [NodeID: Node] = [root: .directory(SimulatedDirectory())]
    /// Open handles of each file: its bytes stay as long as there are any, whatever its name.
    var openHandles: [NodeID: Int] = [:]
    var lockedFiles: Set<NodeID> = []
    private var nextNode = 1
    private var removalsSinceCollection = 0

    var capacityBytes: UInt64?
    private(set) var occupiedPages = 0

    // MARK: Names

    /// The names on the way to `path`. By hand: `FilePath.components` costs a hundred times as much in
    /// debug builds, which are what tests run.
    static func names(_ path: FilePath) -> [Substring] {
        let names = path.string.split(separator: "/")
        precondition(!names.contains("..") && !names.contains("."), "the simulated disk takes plain paths")
        return names
    }

    func node(at path: FilePath) -> NodeID? { node(Self.names(path)[...]) }

    private func node(_ names: ArraySlice<Substring>) -> NodeID? {
        var current = Self.root
        for name in names {
            guard case .directory(let directory) = nodes[current], let next = directory.live[String(name)] else {
                return nil
            }
            current = next
        }
        return current
    }

    /// The files to which names lead now, in the order of their paths.
    var files: [(path: FilePath, id: NodeID)] {
        var found: [(path: FilePath, id: NodeID)] = []
        var waiting: [(path: FilePath, id: NodeID)] = [(FilePath("/"), Self.root)]
        while let (path, id) = waiting.popLast() {
            switch nodes[id] {
            case .file: found.append((path, id))
            case .directory(let directory):
                for (name, child) in directory.live { waiting.append((path.appending(name), child)) }
            case nil: break
            }
        }
        return found.sorted { $0.path.string < $1.path.string }
    }

    private func parent(_ names: [Substring], of path: FilePath) throws(StorageError) -> NodeID {
        guard let node = node(names.dropLast()), case .directory = nodes[node] else {
            throw .system(.noSuchFileOrDirectory, "no directory holds it", path: path)
        }
        return node
    }

    mutating func insert(_ node: Node, at path: FilePath) throws(StorageError) -> NodeID {
        let names = Self.names(path)
        let parent = try parent(names, of: path)
        guard let name = names.last, self.node(names[...]) == nil else {
            throw .system(.fileExists, "cannot create", path: path)
        }
        let id = nextNode
        nextNode += 1
        nodes[id] = node
        changeDirectory(parent) { $0.enter(String(name), id) }
        return id
    }

    mutating func remove(_ path: FilePath, wantsDirectory: Bool) throws(StorageError) {
        let names = Self.names(path)
        let parent = try parent(names, of: path)
        guard let name = names.last, let id = node(names[...]), let node = nodes[id] else {
            throw .system(.noSuchFileOrDirectory, "cannot remove", path: path)
        }
        switch node {
        case .file(let content):
            if wantsDirectory { throw .system(.notDirectory, "cannot remove", path: path) }
            occupiedPages -= content.occupiedPages
        case .directory(let directory):
            if !wantsDirectory { throw .system(.isDirectory, "cannot remove", path: path) }
            if !directory.live.isEmpty { throw .system(.directoryNotEmpty, "cannot remove", path: path) }
        }
        changeDirectory(parent) { $0.leave(String(name)) }
        collectUnreachable()
    }

    mutating func rename(_ source: FilePath, to target: FilePath) throws(StorageError) {
        let (sourceNames, targetNames) = (Self.names(source), Self.names(target))
        let sourceParent = try parent(sourceNames, of: source)
        let targetParent = try parent(targetNames, of: target)
        guard let id = node(sourceNames[...]), let sourceName = sourceNames.last, let targetName = targetNames.last
        else { throw .system(.noSuchFileOrDirectory, "cannot rename", path: source) }
        precondition(sourceParent == targetParent, "the simulated disk renames within one directory")
        if let replaced = node(targetNames[...]), replaced != id, case .file(let content) = nodes[replaced] {
            occupiedPages -= content.occupiedPages
        }
        changeDirectory(sourceParent) { $0.move(String(sourceName), to: String(targetName)) }
    }

    mutating func changeDirectory(_ id: NodeID, _ body: (inout SimulatedDirectory) -> Void) {
        guard case .directory(var directory) = nodes[id] else { return }
        body(&directory)
        nodes[id] = .directory(directory)
    }

    // MARK: Contents

    func content(_ id: NodeID) -> SimulatedContent {
        guard case .file(let content) = nodes[id] else { preconditionFailure("an open file keeps its bytes") }
        return content
    }

    mutating func changeContent(_ id: NodeID, _ body: (inout SimulatedContent) -> Void) {
        guard case .file(var content) = nodes[id] else { preconditionFailure("an open file keeps its bytes") }
        // The table must not share the value while it is changed, or each write would copy all pages.
        nodes[id] = .file(SimulatedContent())
        let before = content.occupiedPages
        body(&content)
        occupiedPages += content.occupiedPages - before
        nodes[id] = .file(content)
    }

    func pagesNeeded(by id: NodeID, for range: Range<Int>) -> Int {
        capacityBytes == nil ? 0 : content(id).additionalPages(for: range)
    }

    func freePages() -> Int {
        guard let capacityBytes else { return .max }
        return max(0, Int(capacityBytes) / PageImage.pageSizeBytes - occupiedPages)
    }

    mutating func recountOccupiedPages() {
        occupiedPages = nodes.values.reduce(0) { sum, node in
            if case .file(let content) = node { sum + content.occupiedPages } else { sum }
        }
    }

    /// What a name leads to, or might after a crash.
    var mentionedNodes: Set<NodeID> {
        var mentioned: Set<NodeID> = [Self.root]
        for case .directory(let directory) in nodes.values { mentioned.formUnion(directory.mentioned) }
        return mentioned
    }

    /// Forgets files that no name leads to any more, nor would after a crash, nor an open handle.
    private mutating func collectUnreachable() {
        removalsSinceCollection += 1
        guard removalsSinceCollection >= 64 else { return }
        removalsSinceCollection = 0
        let reachable = mentionedNodes
        for id in nodes.keys where !reachable.contains(id) && openHandles[id, default: 0] == 0 { nodes[id] = nil }
    }
}

/// A directory: names that the process sees, names that are durable, changes in between.
struct SimulatedDirectory: Sendable {
    enum Change: Sendable {
        case enter(String, SimulatedDisk.NodeID)
        case leave(String)
        case move(String, to: String, SimulatedDisk.NodeID)
    }

    private(set) var live: [String: SimulatedDisk.NodeID] = [:]
    private(set) var durable: [String: SimulatedDisk.NodeID] = [:]
    private(set) var unsynced: [Change] = []

    /// Every node that a name leads to now or might lead to after a crash.
    var mentioned: [SimulatedDisk.NodeID] {
        Array(live.values) + Array(durable.values)
            + unsynced.compactMap { change in
                switch change {
                case .enter(_, let id), .move(_, to: _, let id): id
                case .leave: nil
                }
            }
    }

    mutating func enter(_ name: String, _ id: SimulatedDisk.NodeID) { change(.enter(name, id)) }

    mutating func leave(_ name: String) { change(.leave(name)) }

    mutating func move(_ source: String, to target: String) {
        if source != target, let id = live[source] { change(.move(source, to: target, id)) }
    }

    mutating func synchronize() {
        durable = live
        unsynced = []
    }

    /// The names after a power failure: each change since the last sync survives or not by itself.
    func surviving(_ generator: inout SeededGenerator) -> SimulatedDirectory {
        var result = SimulatedDirectory()
        result.durable = durable
        let mood = generator.next(upperBound: 4 as UInt64)
        for change in unsynced where mood == 1 || (mood > 1 && generator.chance(1, in: 2)) {
            Self.apply(change, to: &result.durable)
        }
        result.live = result.durable
        return result
    }

    /// The names after a power failure that those changes survive, by number, which are kept.
    func surviving(_ isKept: (Int) -> Bool) -> SimulatedDirectory {
        var result = SimulatedDirectory()
        result.durable = durable
        for (number, change) in unsynced.enumerated() where isKept(number) { Self.apply(change, to: &result.durable) }
        result.live = result.durable
        return result
    }

    private mutating func change(_ change: Change) {
        Self.apply(change, to: &live)
        unsynced.append(change)
    }

    private static func apply(_ change: Change, to names: inout [String: SimulatedDisk.NodeID]) {
        switch change {
        case .enter(let name, let id): names[name] = id
        case .leave(let name): names[name] = nil
        case .move(let source, to: let target, let id):
            // The creation of the source may have been lost while its renaming survived.
            if names[source] == id { names[source] = nil }
            names[target] = id
        }
    }
}
