internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// Data keys made before they are needed: while a put's commit waits for the disk, its thread has nothing
/// to do and makes the key of a later put. A lone writer then never waits for a key.
///
/// Only for backends that answer promptly and whose data keys do not depend on who asks: a key that is
/// never used was never anybody's. A key keeps for a moment only, so that what an administrator changes
/// (a new version of the key-encryption key) takes effect at once.
final class DataKeyReserve: Sendable {
    /// A data key that has sealed nothing yet.
    struct Key: Sendable {
        let dataKey: DataKey
        let wrapped: WrappedDataKey
        fileprivate let madeNanoseconds: UInt64
    }

    static let countMaximum = 4
    static let ageMaximumNanoseconds: UInt64 = 100_000_000

    private let backend: any KeyBackend
    private let clock: any StoreClock
    private let keys = Mutex<[Key]>([])
    /// Raised by a rotation: what was begun before it is not kept.
    private let generation = Atomic(0)

    init(_ backend: any KeyBackend, clock: any StoreClock = PosixClock()) {
        self.backend = backend
        self.clock = clock
    }

    /// Nil when there is none.
    func take() -> Key? {
        let now = clock.bootNanoseconds()
        return keys.withLock { keys in
            // In order of their making: when the last is too old, all are.
            guard let key = keys.popLast(), now < key.madeNanoseconds + Self.ageMaximumNanoseconds else {
                keys.removeAll(keepingCapacity: true)
                return nil
            }
            return key
        }
    }

    /// Drops what there is.
    func clear() {
        generation.add(1, ordering: .sequentiallyConsistent)
        keys.withLock { $0.removeAll() }
    }

    /// Makes a key, unless there are enough, on the calling thread. When that fails there is none: the put
    /// that needs one asks for itself, and meets the error.
    func replenish() {
        guard keys.withLock({ $0.count < Self.countMaximum }) else { return }
        Task.immediate { [self] in
            let begun = generation.load(ordering: .sequentiallyConsistent)
            guard let key = try? await make() else { return }
            keys.withLock { keys in
                guard begun == generation.load(ordering: .sequentiallyConsistent) else { return }
                if keys.count < Self.countMaximum { keys.append(key) }
            }
        }
    }

    private func make() async throws -> Key {
        let madeNanoseconds = clock.bootNanoseconds()
        let generated = try await backend.generateDataKey(DataKeyRequest(context: KeyRequestContext()))
        let wrapped = generated.wrapped
        return Key(
            dataKey: try DataKey(generated.takePlaintext()), wrapped: wrapped, madeNanoseconds: madeNanoseconds)
    }
}
