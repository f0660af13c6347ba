internal import Synchronization

/// How often each operation was asked of each key since the service was opened, refused requests included.
final class RequestCounters: Sendable {
    private struct Counts {
        var totals: [KeyOperation: Int] = [:]
        var byKey: [KeyID: [KeyOperation: Int]] = [:]
    }

    private let counts = Mutex(Counts())

    func count(_ operation: KeyOperation, of key: KeyID) {
        counts.withLock { counts in
            counts.totals[operation, default: 0] += 1
            counts.byKey[key, default: [:]][operation, default: 0] += 1
        }
    }

    var totals: [KeyOperation: Int] { counts.withLock { $0.totals } }

    func counts(of key: KeyID) -> [KeyOperation: Int] { counts.withLock { $0.byKey[key] ?? [:] } }
}
