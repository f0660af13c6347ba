/// The recorded files, at one moment of the recording.
package struct ReplayedDisk: Sendable {
    private enum Node: Sendable {
        case file(ReplayedFile)
        case directory(ReplayedDirectory)
    }

    private static let root = 0

    private let recorded: [UInt8]
    private let ignored: IgnoredSyncs
    /// Up to so many calls none are.
    private let ignoredAfter: Int
    private var nodes: [Int: Node] = [root: .directory(ReplayedDirectory())]
    private var nextNode = 1
    private var descriptors: [Int32: (node: Int, name: String)] = [:]
    private var callCount = 0

    /// The disk before the recording, on which all of `image` is durable.
    package init(
        _ recording: Recording, from image: DiskImage = DiskImage(), ignoring ignored: IgnoredSyncs = .none,
        after ignoredAfter: Int = 0
    ) throws {
        recorded = recording.bytes
        self.ignored = ignored
        self.ignoredAfter = ignoredAfter
        for (name, content) in image.entries {
            let node = add(content.map { .file(ReplayedFile(durable: $0)) } ?? .directory(ReplayedDirectory()))
            try changeDirectory(of: name) { .enter($0, node) }
        }
        for id in nodes.keys {
            guard case .directory(var directory) = nodes[id] else { continue }
            directory.synchronize()
            nodes[id] = .directory(directory)
        }
    }

    /// The numbers of the changes that no sync has made durable, of files and directories that have a name.
    package var unsynced: [Int] {
        nodes.values.flatMap { node in
            switch node {
            case .file(let file): file.unsynced.map(\.number)
            case .directory(let directory): directory.unsynced.map(\.number)
            }
        }.sorted()
    }

    /// What a power failure leaves.
    package func surviving(_ failure: PowerFailure) -> DiskImage {
        var failure = failure
        var image = DiskImage()
        visit(Self.root, "", into: &image, &failure)
        return image
    }

    private func visit(_ id: Int, _ path: String, into image: inout DiskImage, _ failure: inout PowerFailure) {
        switch nodes[id] {
        case .file(let file): image.entries.append((path, file.surviving(&failure, recorded)))
        case .directory(let directory):
            if id != Self.root { image.entries.append((path, nil)) }
            // Sorted: a dictionary's own order differs from run to run.
            for (name, child) in directory.surviving(&failure).sorted(by: { $0.key < $1.key }) {
                visit(child, path.isEmpty ? name : path + "/" + name, into: &image, &failure)
            }
        case nil: preconditionFailure("a name leads to a node")
        }
    }

    // MARK: Calls

    /// The disk in the middle of `call`, where that is a write which is durable when it returns: then it is not yet.
    package func interrupted(in call: RecordedCall) throws -> ReplayedDisk {
        guard case .write(let descriptor, let offset, let bytes, isSynced: true) = call else { return self }
        var disk = self
        try disk.apply(.write(descriptor: descriptor, offset: offset, bytes: bytes, isSynced: false))
        return disk
    }

    package mutating func apply(_ call: RecordedCall) throws {
        callCount += 1
        let number = callCount
        switch call {
        case .open(let descriptor, let name, let creates, let empties, _):
            try open(name, as: descriptor, creates: creates, empties: empties)
        case .write(let descriptor, let offset, let bytes, let isSynced):
            let isSynced = isSynced && !ignores(descriptor)
            try changeFile(descriptor) { $0.write(bytes, at: offset, isSynced: isSynced, number: number) }
        case .truncate(let descriptor, let size): try changeFile(descriptor) { $0.resize(size, number: number) }
        case .allocate(let descriptor, let size): try changeFile(descriptor) { $0.allocate(size, number: number) }
        case .synchronize(let descriptor): if !ignores(descriptor) { try synchronize(descriptor) }
        case .close(let descriptor): descriptors[descriptor] = nil
        case .duplicate(let descriptor, as: let other): descriptors[other] = descriptors[descriptor]
        case .map(let descriptor):
            // The one file that LMDB writes to through memory holds its readers, which a crash ends.
            guard descriptors[descriptor]?.name.hasSuffix("/lock.mdb") == true else {
                throw ReplayError("\(descriptors[descriptor]?.name ?? "a file") is written to through memory")
            }
        case .mark: break
        case .unknown(let name): throw ReplayError("the recording holds what no replay knows: \(name)")
        default: try changeNames(call)
        }
    }

    private mutating func changeNames(_ call: RecordedCall) throws {
        switch call {
        case .remove(let name), .removeDirectory(let name): try changeDirectory(of: name) { .leave($0) }
        case .makeDirectory(let name):
            let id = add(.directory(ReplayedDirectory()))
            try changeDirectory(of: name) { .enter($0, id) }
        case .link(let name, to: let target):
            let id = try node(name)
            try changeDirectory(of: target) { .enter($0, id) }
        case .rename(let name, to: let target):
            let (from, to) = (split(name), split(target))
            guard from.parent == to.parent else { throw ReplayError("\(name) was moved to another directory") }
            let id = try node(name)
            try changeDirectory(of: name) { .move($0, to: to.name, id) }
        default: preconditionFailure("the other calls change no name")
        }
    }

    private mutating func open(_ name: String, as descriptor: Int32, creates: Bool, empties: Bool) throws {
        if creates, find(name) == nil {
            let id = add(.file(ReplayedFile()))
            try changeDirectory(of: name) { .enter($0, id) }
        }
        descriptors[descriptor] = (try node(name), name)
        let number = callCount
        if empties { try changeFile(descriptor) { $0.resize(0, number: number) } }
    }

    private func ignores(_ descriptor: Int32) -> Bool {
        guard callCount > ignoredAfter, let (id, name) = descriptors[descriptor] else { return false }
        if case .directory = nodes[id] { return ignored.contains(name, isDirectory: true) }
        return ignored.contains(name, isDirectory: false)
    }

    private mutating func synchronize(_ descriptor: Int32) throws {
        guard let id = descriptors[descriptor]?.node else { throw ReplayError("descriptor \(descriptor) is not open") }
        switch nodes[id] {
        case .file(var file):
            file.synchronize(recorded)
            nodes[id] = .file(file)
        case .directory(var directory):
            directory.synchronize()
            nodes[id] = .directory(directory)
        case nil: throw ReplayError("descriptor \(descriptor) is of nothing")
        }
    }

    // MARK: Nodes

    private mutating func add(_ node: Node) -> Int {
        defer { nextNode += 1 }
        nodes[nextNode] = node
        return nextNode
    }

    private func find(_ path: String) -> Int? {
        var id = Self.root
        for name in path.split(separator: "/") {
            guard case .directory(let directory) = nodes[id], let next = directory.live[String(name)] else {
                return nil
            }
            id = next
        }
        return id
    }

    private func node(_ path: String) throws -> Int {
        guard let id = find(path) else { throw ReplayError("the recording uses \(path), which it never made") }
        return id
    }

    private func split(_ path: String) -> (parent: String, name: String) {
        let names = path.split(separator: "/")
        return (names.dropLast().joined(separator: "/"), names.last.map(String.init) ?? "")
    }

    private mutating func changeDirectory(
        of path: String, _ change: (String) -> ReplayedDirectory.Change
    ) throws {
        let (parent, name) = split(path)
        let id = try node(parent)
        guard case .directory(var directory) = nodes[id] else { throw ReplayError("\(parent) is no directory") }
        directory.note(change(name), number: callCount)
        nodes[id] = .directory(directory)
    }

    private mutating func changeFile(_ descriptor: Int32, _ body: (inout ReplayedFile) -> Void) throws {
        guard let id = descriptors[descriptor]?.node, case .file(var file) = nodes[id] else {
            throw ReplayError("descriptor \(descriptor) is of no file")
        }
        // The table must not share the value while it is changed, or each write would copy it.
        nodes[id] = .file(ReplayedFile())
        body(&file)
        nodes[id] = .file(file)
    }
}
