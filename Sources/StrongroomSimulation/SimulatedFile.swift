internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// An open file of a simulated disk.
final class SimulatedFile: StorageFile {
    let path: FilePath
    private let system: SimulatedFileSystem
    private let node: SimulatedDisk.NodeID
    private let isWritable: Bool
    private let isClosed = Atomic(false)

    init(_ system: SimulatedFileSystem, path: FilePath, node: SimulatedDisk.NodeID, isWritable: Bool) {
        self.system = system
        self.path = path
        self.node = node
        self.isWritable = isWritable
    }

    deinit { close() }

    func read(into buffer: inout MutableRawSpan, at offset: UInt64) throws(StorageError) -> Int {
        let count = buffer.byteCount
        let start = Int(clamping: offset)
        let bytes = try access(.read) { (state) throws(StorageError) in
            let content = state.disk.content(node)
            let end = min(content.liveSizeBytes, start.addingReportingOverflow(count).partialValue)
            guard start < end else { return [UInt8]() }
            state.statistics.bytesRead += UInt64(end - start)
            state.fileStatistics[node]?.bytesRead += UInt64(end - start)
            return content.live.read(start..<end)
        }
        // Safe: copies no more than both hold.
        unsafe buffer.withUnsafeMutableBytes { target in unsafe target.copyBytes(from: bytes) }
        return bytes.count
    }

    func write(_ bytes: RawSpan, at offset: UInt64) throws(StorageError) {
        // Safe: copies the bytes while the span lives.
        let copy = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        try write(gathering: [copy], at: offset)
    }

    func write(gathering pieces: [[UInt8]], at offset: UInt64) throws(StorageError) {
        precondition(isWritable, "a file opened for reading was written")
        let bytes = pieces.count == 1 ? pieces[0] : Array(pieces.joined())
        let start = Int(offset)
        try access(.write, failing: { $0.writeBeginning(of: bytes, at: start, in: node) }) {
            (state) throws(StorageError) in
            guard state.disk.pagesNeeded(by: node, for: start..<start + bytes.count) <= state.disk.freePages() else {
                // A real disk writes what fits and fails then.
                let fits = min(bytes.count, state.disk.freePages() * PageImage.pageSizeBytes)
                state.disk.changeContent(node) { $0.write(Array(bytes.prefix(fits)), at: start) }
                throw .system(.noSpace, "cannot write", path: path, offset: offset)
            }
            state.statistics.bytesWritten += UInt64(bytes.count)
            state.fileStatistics[node]?.bytesWritten += UInt64(bytes.count)
            if state.isAstray {
                state.misdirect(bytes, from: start, in: node)
            } else {
                state.disk.changeContent(node) { $0.write(bytes, at: start) }
            }
        }
    }

    func allocate(sizeBytes: UInt64) throws(StorageError) {
        precondition(isWritable, "a file opened for reading was written")
        try access(.allocate) { (state) throws(StorageError) in
            guard state.disk.pagesNeeded(by: node, for: 0..<Int(sizeBytes)) <= state.disk.freePages() else {
                throw .system(.noSpace, "cannot reserve \(sizeBytes) bytes", path: path)
            }
            state.disk.changeContent(node) { $0.allocate(sizeBytes: Int(sizeBytes)) }
        }
    }

    func truncate(toBytes sizeBytes: UInt64) throws(StorageError) {
        precondition(isWritable, "a file opened for reading was written")
        try access(.truncate) { (state) throws(StorageError) in
            state.disk.changeContent(node) { $0.truncate(toBytes: Int(sizeBytes)) }
        }
    }

    func sizeBytes() throws(StorageError) -> UInt64 {
        try access(.status) { (state) throws(StorageError) in UInt64(state.disk.content(node).liveSizeBytes) }
    }

    func synchronizeData() throws(StorageError) {
        try access(.synchronizeData, failing: { $0.loseUnsynced(of: node) }) { (state) throws(StorageError) in
            if state.synchronizes { state.disk.changeContent(node) { $0.synchronize() } }
        }
    }

    func evictCachedPages() throws(StorageError) {
        try access(.status) { (state) throws(StorageError) in
            state.disk.changeContent(node) { $0.evictCleanPages() }
        }
    }

    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        system.state.withLock { $0.disk.openHandles[node, default: 1] -= 1 }
    }

    private func access<Value>(
        _ operation: SimulatedOperation, failing: (inout SimulatedFileSystem.State) -> Void = { _ in },
        _ body: (inout SimulatedFileSystem.State) throws(StorageError) -> sending Value
    ) throws(StorageError) -> sending Value {
        precondition(!isClosed.load(ordering: .relaxed), "a closed file was used")
        return try system.access(operation, path, failing: failing) { (state) throws(StorageError) in
            state.fileStatistics[node, default: SimulatedStatistics()].calls[operation, default: 0] += 1
            return try body(&state)
        }
    }
}

final class SimulatedLock: FileLock {
    private let system: SimulatedFileSystem
    private let node: SimulatedDisk.NodeID
    private let isReleased = Atomic(false)

    init(_ system: SimulatedFileSystem, node: SimulatedDisk.NodeID) {
        self.system = system
        self.node = node
    }

    deinit { release() }

    func release() {
        guard !isReleased.exchange(true, ordering: .relaxed) else { return }
        _ = system.state.withLock { $0.disk.lockedFiles.remove(node) }
    }
}
