package import StrongroomSystem
package import SystemPackage

/// What a call asks of the disk.
package enum SimulatedOperation: Hashable, Sendable, CaseIterable {
    case open, create, createDirectory, list, status, remove, rename, read, write, allocate, truncate
    case synchronizeData, synchronizeDirectory

    /// Whether the call changes the disk or promises something about it: a crash can fall before each of these.
    package var isMutation: Bool {
        switch self {
        case .open, .list, .status, .read: false
        case .create, .createDirectory, .remove, .rename, .write, .allocate, .truncate: true
        case .synchronizeData, .synchronizeDirectory: true
        }
    }
}

/// A fault that strikes calls chosen by kind, path and number.
package struct SimulatedFault: Sendable {
    /// What becomes of a call that is struck.
    package enum Effect: Sendable, Equatable {
        /// It throws. Of a write, the beginning is there nevertheless, as after a short write that an error follows; a
        /// sync loses pages.
        case failure
        /// It succeeds, and what it writes is at another place of the file.
        case misdirection
        /// It goes through, after so many milliseconds of real time: a disk is slow beside threads that are not.
        case delay(milliseconds: Int)
    }

    package var operations: Set<SimulatedOperation>
    /// Only calls on paths that end so; all when empty.
    package var pathSuffix: String
    /// How many matching calls go through before the first that is struck.
    package var skips: Int
    /// How many matching calls are struck then; nil for ever.
    package var failures: Int?
    package var code: StorageError.Code
    package var systemError: Errno
    package var effect: Effect

    /// - Parameter code: `inputOutput` (EIO) or `diskFull` (ENOSPC) or another that the call can fail with.
    package init(
        _ operations: Set<SimulatedOperation>, pathSuffix: String = "", skips: Int = 0, failures: Int? = 1,
        code: StorageError.Code = .inputOutput, effect: Effect = .failure
    ) {
        precondition(effect != .misdirection || operations == [.write], "only writes land elsewhere")
        self.operations = operations
        self.pathSuffix = pathSuffix
        self.skips = skips
        self.failures = failures
        self.code = code
        self.systemError = code == .diskFull ? .noSpace : .ioError
        self.effect = effect
    }

    /// Counts this call; true when it is struck.
    mutating func strikes(_ operation: SimulatedOperation, _ path: FilePath) -> Bool {
        guard operations.contains(operation), pathSuffix.isEmpty || path.string.hasSuffix(pathSuffix) else {
            return false
        }
        if skips > 0 {
            skips -= 1
            return false
        }
        guard let left = failures else { return true }
        failures = left - 1
        return left > 0
    }
}

/// What a simulated disk was asked so far, so that a test can count input and output.
package struct SimulatedStatistics: Sendable, Equatable {
    package var calls: [SimulatedOperation: Int] = [:]
    package var bytesRead: UInt64 = 0
    package var bytesWritten: UInt64 = 0

    package init() {}

    package subscript(operation: SimulatedOperation) -> Int { calls[operation, default: 0] }

    /// How many calls so far before which a crash could fall.
    package var mutations: Int { calls.reduce(0) { $1.key.isMutation ? $0 + $1.value : $0 } }
}
