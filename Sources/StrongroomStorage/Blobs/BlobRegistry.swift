internal import Synchronization

/// Which blob files wait for their commit, and which epoch new ones go to.
///
/// An epoch is sealed when no file in it waits any more: each is named by a durable commit or has
/// been removed. Opening the store sweeps only epochs that no checkpoint has found sealed.
final class BlobRegistry: Sendable {
    private struct State {
        var currentEpoch: UInt64
        var isCurrentEpochUsed = false
        var inFlight: Set<BlobName> = []
        /// Given up without a commit, their file not yet removed: in flight until it is.
        var abandoned: Set<BlobName> = []
    }

    private let state: Mutex<State>

    init(firstEpoch: UInt64) {
        state = Mutex(State(currentEpoch: firstEpoch))
    }

    /// Entered before the file exists.
    func enter(id: [UInt8]) -> BlobName {
        state.withLock { state in
            let name = BlobName(epoch: state.currentEpoch, id: id)
            let (isNew, _) = state.inFlight.insert(name)
            precondition(isNew, "two blobs drew the same 128-bit id: the random source is broken")
            state.isCurrentEpochUsed = true
            return name
        }
    }

    /// Left after its commit is durable, or after its file was removed.
    func leave(_ name: BlobName) {
        state.withLock { state in
            state.inFlight.remove(name)
            state.abandoned.remove(name)
        }
    }

    /// The file will never be committed and still has to be removed.
    func abandon(_ name: BlobName) {
        state.withLock { state in
            if state.inFlight.contains(name) { state.abandoned.insert(name) }
        }
    }

    var abandoned: [BlobName] { state.withLock { Array($0.abandoned) } }

    func isInFlight(_ name: BlobName) -> Bool { state.withLock { $0.inFlight.contains(name) } }

    func hasInFlight(in epoch: UInt64) -> Bool {
        state.withLock { $0.inFlight.contains { $0.epoch == epoch } }
    }

    /// New blobs go to a new epoch from now on, if the current one has any.
    func beginEpoch() {
        state.withLock { state in
            guard state.isCurrentEpochUsed else { return }
            state.currentEpoch += 1
            state.isCurrentEpochUsed = false
        }
    }

    /// The newest epoch up to which no file waits for its commit, nor ever will.
    var sealedEpoch: UInt64 {
        state.withLock { state in
            let oldest = state.inFlight.lazy.map(\.epoch).min() ?? state.currentEpoch
            return min(oldest, state.currentEpoch) - 1
        }
    }

    var currentEpoch: UInt64 { state.withLock { $0.currentEpoch } }
}
