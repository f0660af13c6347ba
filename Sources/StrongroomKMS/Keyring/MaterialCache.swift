internal import StrongroomKeyring
internal import StrongroomKeys
internal import Synchronization

/// Materials that were used lately, open and prepared in locked memory.
///
/// Locked memory is scarce and there may be 100,000 keys, so a keyring's materials stay sealed until they are used,
/// and only so many stay open.
final class MaterialCache: Sendable {
    static let openMax = 1024

    private struct State {
        var keys: [KeyMaterialID: WrappingKey] = [:]
        /// How often all has been dropped: what was opened before that is not kept after it, as it may have been
        /// destroyed.
        var generation = 0
    }

    private let state = Mutex(State())

    func key(
        _ material: KeyMaterial, of key: KeyID, _ sealer: MaterialSealer
    ) throws(KeyBackendError) -> WrappingKey {
        let (found, generation) = state.withLock { ($0.keys[material.id], $0.generation) }
        if let found { return found }
        let opened = try sealer.open(material, of: key)
        state.withLock { state in
            guard state.generation == generation else { return }
            // Opening one anew takes microseconds: not worth the bookkeeping of which was used last.
            if state.keys.count >= Self.openMax { state.keys.removeAll(keepingCapacity: true) }
            state.keys[material.id] = opened
        }
        return opened
    }

    func removeAll() {
        state.withLock { state in
            state.keys.removeAll()
            state.generation += 1
        }
    }
}
