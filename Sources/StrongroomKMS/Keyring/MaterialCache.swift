internal import StrongroomKeyring
internal import StrongroomKeys
internal import Synchronization

/// Materials that were used lately, open and prepared in locked memory.
///
/// Locked memory is scarce and there may be 100,000 keys, so a keyring's materials stay sealed until they are used,
/// and only so many stay open.
final class MaterialCache: Sendable {
    static let openMax = 1024

    private let keys = Mutex<[KeyMaterialID: WrappingKey]>([:])

    func key(
        _ material: KeyMaterial, of key: KeyID, _ sealer: MaterialSealer
    ) throws(KeyBackendError) -> WrappingKey {
        if let found = keys.withLock({ $0[material.id] }) { return found }
        let opened = try sealer.open(material, of: key)
        keys.withLock { keys in
            // Opening one anew takes microseconds: not worth the bookkeeping of which was used last.
            if keys.count >= Self.openMax { keys.removeAll(keepingCapacity: true) }
            keys[material.id] = opened
        }
        return opened
    }

    func removeAll() { keys.withLock { $0.removeAll() } }
}
