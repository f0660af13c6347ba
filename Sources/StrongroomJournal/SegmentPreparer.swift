internal import StrongroomSystem
internal import SystemPackage

/// A file that can become a segment by a header and a new name.
struct SpareSegment: Sendable {
    var file: any StorageFile
    var sizeBytes: UInt64
}

/// Prepares segments ahead of need.
///
/// A sync costs more where blocks are freshly allocated, so new files are written through with zeros
/// first, by a thread that nobody waits for. Whoever does wait (a writer faster than the zeros) gets
/// the file as soon as its space is reserved: writing everything twice would cost a bulk load half its
/// speed. Correctness never rests on the zeros: frames of earlier lives lack the segment's salt.
final class SegmentPreparer: Sendable {
    private struct State {
        var ready: [SpareSegment]
        /// The size of the next new file.
        var sizeBytes: UInt64
        var nextNumber: UInt64
        /// Somebody waits, and takes a file that is reserved but not written through.
        var isAwaited = false
        var isStopped = false
        /// Why the last attempt failed. The thread rests until somebody asks again.
        var failure: StorageError?
    }

    private let monitor: Monitor<State>
    private let directory: FilePath
    private let fileSystem: any FileSystem
    private let configuration: JournalConfiguration

    private static let pieceBytes = 1 << 20
    /// Syncing this often keeps the writing of zeros from piling up in front of a commit's own sync.
    private static let piecesPerSync = 4

    init(
        directory: FilePath, fileSystem: any FileSystem, configuration: JournalConfiguration,
        spares: [SpareSegment], largestSegmentBytes: UInt64?, nextNumber: UInt64
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.configuration = configuration
        let sizeBytes = largestSegmentBytes.map { min($0, configuration.maximumSegmentBytes) }
        monitor = Monitor(
            State(
                ready: spares, sizeBytes: max(sizeBytes ?? 0, configuration.initialSegmentBytes),
                nextNumber: nextNumber))
    }

    /// The next segment and the reserve.
    private var target: Int { 1 + configuration.reservedSegments }

    /// The body of the preparing thread, until `stop`.
    func run() {
        while true {
            let goesOn = monitor.wait(
                until: { $0.isStopped || ($0.ready.count < target && $0.failure == nil) },
                { !$0.isStopped })
            guard goesOn else { return }
            prepareOne()
        }
    }

    func stop() {
        monitor.withLock { $0.isStopped = true }
        monitor.broadcast()
    }

    /// Whether the files that are kept for commits that free space are there.
    var hasReserve: Bool { monitor.withLock { $0.ready.count >= configuration.reservedSegments } }

    /// A file for the next segment. Without leave to use the reserve it throws `diskFull` rather than
    /// take the last ones.
    func take(mayUseReserve: Bool) throws(StorageError) -> SpareSegment {
        try awaitReady(moreThan: mayUseReserve ? 0 : configuration.reservedSegments) { state in
            let spare = state.ready.removeFirst()
            state.sizeBytes = min(max(state.sizeBytes, spare.sizeBytes * 2), configuration.maximumSegmentBytes)
            return spare
        }
    }

    /// Fills the reserve up again if it can be; else throws why not.
    func restoreReserve() throws(StorageError) {
        guard !hasReserve else { return }
        try awaitReady(moreThan: configuration.reservedSegments - 1) { _ in }
    }

    private func awaitReady<Value: Sendable>(
        moreThan remaining: Int, _ body: (inout State) -> Value
    ) throws(StorageError) -> Value {
        monitor.withLock { state in
            state.failure = nil
            state.isAwaited = state.ready.count <= remaining
        }
        if configuration.preparesInBackground {
            monitor.broadcast()
        } else {
            while monitor.withLock({ $0.ready.count <= remaining && $0.failure == nil && !$0.isStopped }) {
                prepareOne()
            }
        }
        let result: Result<Value, StorageError> = monitor.wait(
            until: { $0.ready.count > remaining || $0.failure != nil || $0.isStopped },
            { state in
                state.isAwaited = false
                if state.ready.count > remaining { return .success(body(&state)) }
                return .failure(state.failure ?? StorageError(.closed, "the journal is closed", path: directory))
            })
        monitor.broadcast()
        return try result.get()
    }

    /// Takes a recycled file. False if there are enough: then it is the caller's to remove.
    func offer(_ spare: SpareSegment) -> Bool {
        let isTaken = monitor.withLock { state in
            guard state.ready.count < configuration.spareSegmentsMaximum else { return false }
            state.ready.append(spare)
            state.failure = nil
            return true
        }
        monitor.broadcast()
        return isTaken
    }

    var readyBytes: UInt64 { monitor.withLock { $0.ready.reduce(0) { $0 + $1.sizeBytes } } }

    /// What is ready beyond the next segment and the reserve; it is the caller's to remove.
    func takeSpares() -> [SpareSegment] {
        monitor.withLock { state in
            let spares = Array(state.ready.dropFirst(target))
            state.ready.removeLast(spares.count)
            return spares
        }
    }

    /// A name that no file of the directory has.
    func takeNumber() -> UInt64 {
        monitor.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
    }

    // MARK: Preparing

    private func prepareOne() {
        let preferredBytes = monitor.withLock { $0.sizeBytes }
        let result: Result<SpareSegment, StorageError>
        do throws(StorageError) {
            result = .success(try prepare(sizeBytes: preferredBytes))
        } catch  where error.code == .diskFull && preferredBytes > configuration.initialSegmentBytes {
            // A nearly full disk may still have room for a small segment.
            result = Result { () throws(StorageError) in try prepare(sizeBytes: configuration.initialSegmentBytes) }
        } catch {
            result = .failure(error)
        }
        monitor.withLock { state in
            switch result {
            case .success(let spare): state.ready.append(spare)
            case .failure(let error): state.failure = error
            }
        }
        monitor.broadcast()
    }

    private func prepare(sizeBytes: UInt64) throws(StorageError) -> SpareSegment {
        let number = takeNumber()
        let path = SegmentName.preparing(number: number).path(in: directory)
        var leftover = path
        do throws(StorageError) {
            let file = try fileSystem.open(path, .create)
            try file.allocate(sizeBytes: sizeBytes)
            try writeThrough(file, sizeBytes)
            let sparePath = SegmentName.spare(number: number).path(in: directory)
            try fileSystem.rename(path, to: sparePath)
            leftover = sparePath
            return SpareSegment(file: try fileSystem.open(sparePath, .readWrite), sizeBytes: sizeBytes)
        } catch {
            // Whatever is left of the file goes at the next opening if it cannot be removed now.
            try? fileSystem.remove(leftover)
            throw error
        }
    }

    private func writeThrough(_ file: any StorageFile, _ sizeBytes: UInt64) throws(StorageError) {
        let zeros = [UInt8](repeating: 0, count: Int(min(sizeBytes, UInt64(Self.pieceBytes))))
        var offset: UInt64 = 0
        var pieces = 0
        while offset < sizeBytes && !monitor.withLock({ $0.isAwaited || $0.isStopped }) {
            let count = min(sizeBytes - offset, UInt64(zeros.count))
            try zeros.withRaw { (raw) throws(StorageError) in
                try file.write(raw.extracting(first: Int(count)), at: offset)
            }
            offset += count
            pieces += 1
            if pieces % Self.piecesPerSync == 0 { try file.synchronizeData() }
        }
        // The size must be durable before the name is a spare's: opening trusts it.
        try file.synchronizeData()
    }
}
