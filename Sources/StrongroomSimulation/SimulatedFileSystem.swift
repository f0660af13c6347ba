internal import Glibc
package import StrongroomSystem
internal import Synchronization
package import SystemPackage

/// A disk in memory that crashes, tears, lies and fills up, as a seed decides.
///
/// Power fails with `crash(seed:)`: this file system then refuses every call, as a machine does that
/// is off, and the returned one holds what the disk had. Threads of the "dead" process that still
/// run cannot touch it. `surviving(seed:)` shows the same without ending this one, so that one run
/// can be crashed in many ways.
package final class SimulatedFileSystem: FileSystem {
    struct State: Sendable {
        var disk = SimulatedDisk()
        var generator: SeededGenerator
        var faults: [SimulatedFault] = []
        /// Whether what the call that is under way writes lands elsewhere.
        var isAstray = false
        var misdirections: [SimulatedMisdirection] = []
        var statistics = SimulatedStatistics()
        var fileStatistics: [SimulatedDisk.NodeID: SimulatedStatistics] = [:]
        var isOff = false
        /// How many mutations go through before power fails by itself.
        var mutationsLeft: Int?
        var synchronizes = true
        var watcher: (@Sendable (SimulatedMoment) -> Void)?
    }

    let state: Mutex<State>

    /// - Parameters:
    ///   - capacityBytes: writing and reserving more than this throws `diskFull`; nil for no limit.
    ///   - synchronizes: false makes a lying disk, whose syncs succeed and do nothing. A test that
    ///     still finds no loss with it is a test that cannot find any.
    package init(seed: UInt64, capacityBytes: UInt64? = nil, synchronizes: Bool = true) {
        var state = State(generator: SeededGenerator(seed: seed))
        state.disk.capacityBytes = capacityBytes
        state.synchronizes = synchronizes
        self.state = Mutex(state)
    }

    init(disk: SimulatedDisk, seed: UInt64) {
        var state = State(generator: SeededGenerator(seed: seed))
        state.disk = disk
        self.state = Mutex(state)
    }

    package func open(_ path: FilePath, _ mode: FileOpenMode) throws(StorageError) -> any StorageFile {
        try access(mode == .create ? .create : .open, path) { (state) throws(StorageError) in
            let id: SimulatedDisk.NodeID
            if mode == .create {
                id = try state.disk.insert(.file(SimulatedContent()), at: path)
            } else {
                guard let found = state.disk.node(at: path), let node = state.disk.nodes[found] else {
                    throw .system(.noSuchFileOrDirectory, "cannot open the file", path: path)
                }
                guard case .file = node else { throw .system(.isDirectory, "cannot open the file", path: path) }
                id = found
            }
            state.disk.openHandles[id, default: 0] += 1
            return SimulatedFile(self, path: path, node: id, isWritable: mode != .readOnly)
        }
    }

    package func createDirectory(_ path: FilePath) throws(StorageError) {
        try access(.createDirectory, path) { (state) throws(StorageError) in
            _ = try state.disk.insert(.directory(SimulatedDirectory()), at: path)
        }
    }

    package func list(_ directory: FilePath) throws(StorageError) -> [String] {
        try access(.list, directory) { (state) throws(StorageError) in
            guard let id = state.disk.node(at: directory) else {
                throw .system(.noSuchFileOrDirectory, "cannot list the directory", path: directory)
            }
            guard case .directory(let node) = state.disk.nodes[id] else {
                throw .system(.notDirectory, "cannot list the directory", path: directory)
            }
            // Sorted first: a dictionary's own order differs from run to run.
            return node.live.keys.sorted().shuffled(using: &state.generator)
        }
    }

    package func status(_ path: FilePath) throws(StorageError) -> FileStatus? {
        try access(.status, path) { (state) throws(StorageError) in
            guard let id = state.disk.node(at: path) else { return nil }
            switch state.disk.nodes[id] {
            case .file(let content): return FileStatus(kind: .file, sizeBytes: UInt64(content.liveSizeBytes))
            default: return FileStatus(kind: .directory, sizeBytes: 4096)
            }
        }
    }

    package func remove(_ path: FilePath) throws(StorageError) {
        try access(.remove, path) { (state) throws(StorageError) in
            try state.disk.remove(path, wantsDirectory: false)
        }
    }

    package func removeDirectory(_ path: FilePath) throws(StorageError) {
        try access(.remove, path) { (state) throws(StorageError) in
            try state.disk.remove(path, wantsDirectory: true)
        }
    }

    /// Within one directory only, which is all that a store does.
    package func rename(_ source: FilePath, to target: FilePath) throws(StorageError) {
        try access(.rename, source) { (state) throws(StorageError) in
            try state.disk.rename(source, to: target)
        }
    }

    package func synchronizeDirectory(_ directory: FilePath) throws(StorageError) {
        try access(.synchronizeDirectory, directory) { (state) throws(StorageError) in
            guard let id = state.disk.node(at: directory) else {
                throw .system(.noSuchFileOrDirectory, "cannot make the directory durable", path: directory)
            }
            if state.synchronizes { state.disk.changeDirectory(id) { $0.synchronize() } }
        }
    }

    package func lockExclusively(_ path: FilePath) throws(StorageError) -> any FileLock {
        if try status(path) == nil {
            let file = try open(path, .create)
            try file.write(Array("1\n".utf8), at: 0)
            // Nobody needs it, but each moment would have one more change that is not durable.
            try file.synchronizeData()
        }
        return try access(.open, path) { (state) throws(StorageError) in
            guard let id = state.disk.node(at: path) else {
                throw .system(.noSuchFileOrDirectory, "cannot lock", path: path)
            }
            guard state.disk.lockedFiles.insert(id).inserted else {
                throw StorageError(.locked, "process 1 has the store open; end it or wait for it", path: path)
            }
            return SimulatedLock(self, node: id)
        }
    }

    // MARK: What a test does to the disk

    /// Ends this machine: every later call fails. Returns the disk as found afterwards.
    package func crash(seed: UInt64) -> SimulatedFileSystem {
        state.withLock { $0.isOff = true }
        return surviving(seed: seed)
    }

    /// The disk as it would be found if power failed now; this one runs on.
    package func surviving(seed: UInt64) -> SimulatedFileSystem {
        SimulatedFileSystem(disk: state.withLock { $0.disk.surviving(seed: seed) }, seed: seed &+ 1)
    }

    /// The disk as another process finds it after this one was killed (kill -9): nothing written is
    /// lost, for the kernel goes on. Ends this machine like `crash`.
    package func kill(seed: UInt64) -> SimulatedFileSystem {
        let disk = state.withLock { state in
            state.isOff = true
            var disk = state.disk
            disk.openHandles = [:]
            disk.lockedFiles = []
            return disk
        }
        return SimulatedFileSystem(disk: disk, seed: seed)
    }

    /// Power fails by itself before the mutation after the next `count`: calls fail from then on.
    package func failPower(afterMutations count: Int) {
        state.withLock { $0.mutationsLeft = count }
    }

    /// Shows `watcher` the disk before each call that changes it or promises something: a power failure can fall
    /// between any two. The file system must not be called from there.
    package func watch(_ watcher: (@Sendable (SimulatedMoment) -> Void)?) {
        state.withLock { $0.watcher = watcher }
    }

    /// Shows the watcher the disk as it is now: no call comes in between.
    package func showMoment() { state.withLock { $0.watcher?(SimulatedMoment($0.disk)) } }

    /// From now on syncs succeed and do nothing, or do what they should again.
    package func setSynchronizes(_ synchronizes: Bool) { state.withLock { $0.synchronizes = synchronizes } }

    /// The disk as it is now.
    package var moment: SimulatedMoment { SimulatedMoment(state.withLock { $0.disk }) }

    package func inject(_ fault: SimulatedFault) {
        state.withLock { $0.faults.append(fault) }
    }

    package func clearFaults() {
        state.withLock { $0.faults = [] }
    }

    package func setCapacity(bytes: UInt64?) {
        state.withLock { $0.disk.capacityBytes = bytes }
    }

    package var statistics: SimulatedStatistics { state.withLock { $0.statistics } }

    /// The reads, writes and syncs of the file that stands at `path` alone.
    package func statistics(of path: FilePath) -> SimulatedStatistics {
        state.withLock { state in
            state.disk.node(at: path).flatMap { state.fileStatistics[$0] } ?? SimulatedStatistics()
        }
    }

    /// Inverts the bits of `mask` in one stored byte, durably and unnoticed.
    package func damage(_ path: FilePath, at offset: UInt64, mask: UInt8 = 0x01) {
        let byte = contents(of: path, at: offset, count: 1)[0]
        overwrite(path, at: offset, with: [byte ^ mask])
    }

    /// Replaces stored bytes, durably and unnoticed.
    package func overwrite(_ path: FilePath, at offset: UInt64, with bytes: [UInt8]) {
        state.withLock { state in
            guard let id = state.disk.node(at: path) else { preconditionFailure("no file to damage at \(path)") }
            state.disk.changeContent(id) { $0.overwriteEverywhere(bytes, at: Int(offset)) }
        }
    }

    /// Bytes as a process would read them now, not counted.
    package func contents(of path: FilePath, at offset: UInt64 = 0, count: Int? = nil) -> [UInt8] {
        state.withLock { state in
            guard let id = state.disk.node(at: path) else { preconditionFailure("no file to read at \(path)") }
            let content = state.disk.content(id)
            let end = min(content.liveSizeBytes, count.map { Int(offset) + $0 } ?? .max)
            return content.live.read(min(Int(offset), end)..<end)
        }
    }

    // MARK: Every call

    /// Counts the call, lets faults strike, and runs `body` on the state.
    ///
    /// - Parameter failing: what a call has done by then that an injected fault lets fail.
    func access<Value>(
        _ operation: SimulatedOperation, _ path: FilePath, failing: (inout State) -> Void = { _ in },
        _ body: (inout State) throws(StorageError) -> sending Value
    ) throws(StorageError) -> sending Value {
        delay(operation, path)
        return try state.withLock { (state) throws(StorageError) in
            if operation.isMutation, let left = state.mutationsLeft {
                if left == 0 { state.isOff = true }
                state.mutationsLeft = max(0, left - 1)
            }
            if state.isOff { throw StorageError(.inputOutput, "the simulated machine is off", path: path) }
            if operation.isMutation { state.watcher?(SimulatedMoment(state.disk)) }
            state.statistics.calls[operation, default: 0] += 1
            try state.strike(operation, path, failing)
            return try body(&state)
        }
    }

    /// Outside of the lock: a slow disk serves others meanwhile, and power may fail.
    private func delay(_ operation: SimulatedOperation, _ path: FilePath) {
        let milliseconds = state.withLock { $0.delayMilliseconds(operation, path) }
        if milliseconds > 0 { usleep(UInt32(milliseconds) * 1_000) }
    }
}
