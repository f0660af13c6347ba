internal import StrongroomKeys
internal import Synchronization

/// The stores that are open in this process: whom a key backend asks what hangs on a key.
///
/// It holds none of them: a store whose last handle goes is no longer among them.
final class OpenStores: Sendable {
    static let shared = OpenStores()

    /// A store that is being opened.
    struct Opening: Hashable, Sendable {
        fileprivate let number: Int
    }

    private struct Entry: Sendable {
        var place: String
        /// Nil while it is being opened.
        var store: WeakEngine?
    }

    private struct WeakEngine: Sendable {
        weak let engine: Engine?
    }

    private struct State {
        var nextNumber = 0
        var entries: [Int: Entry] = [:]
    }

    private let state = Mutex(State())

    /// - Parameter place: the store's directory; empty for one in memory.
    func begin(_ place: String) -> Opening {
        state.withLock { state in
            defer { state.nextNumber += 1 }
            state.entries[state.nextNumber] = Entry(place: place.isEmpty ? "a store in memory" : place)
            return Opening(number: state.nextNumber)
        }
    }

    func opened(_ engine: Engine, _ opening: Opening) {
        state.withLock { $0.entries[opening.number]?.store = WeakEngine(engine: engine) }
    }

    func giveUp(_ opening: Opening) {
        state.withLock { state in _ = state.entries.removeValue(forKey: opening.number) }
    }

    /// The store is closed. Until then it is one that cannot answer.
    func forget(_ engine: Engine) {
        state.withLock { state in
            state.entries = state.entries.filter { _, entry in entry.store.map { $0.engine !== engine } ?? true }
        }
    }

    /// - Parameter version: one version of the key; nil for all.
    func dependencies(on keyID: String, version: String?) async -> KeyDependencies {
        let entries = state.withLock { state in
            // Those that were dropped without being closed.
            state.entries = state.entries.filter { _, entry in entry.store.map { $0.engine != nil } ?? true }
            return state.entries.values.map { ($0.place, $0.store?.engine) }
        }
        var places: [KeyDependencies.Place] = []
        var unknown: String?
        for (place, engine) in entries.sorted(by: { $0.0 < $1.0 }) {
            guard let engine else {
                unknown = "The store \(place.debugDescription) is being opened, and cannot be asked yet."
                continue
            }
            do throws(StoreError) {
                let usage = try await engine.keyUsage(of: keyID, version: version)
                places += usage.buckets.map { KeyDependencies.Place($0, in: place) }
            } catch {
                unknown = "The store \(place.debugDescription) cannot tell: \(error.message)"
            }
        }
        // Those that could not answer, too: nothing may hang on a key only where there is nobody to ask.
        return KeyDependencies(places: places, storeCount: entries.count, unknown: unknown)
    }
}

extension KeyDependencies.Place {
    fileprivate init(_ bucket: KeyUsage.Bucket, in store: String) {
        self.init(
            store: store, bucket: bucket.name, objectCount: bucket.objectCount, uploadCount: bucket.uploadCount,
            bytes: bucket.bytes, lockedCount: bucket.lockedCount,
            lockedUntilMilliseconds: bucket.lockedUntilMilliseconds)
    }
}
