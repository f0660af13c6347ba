internal import StrongroomCrypto
internal import StrongroomKeys
internal import Synchronization

/// The key pairs with which material is on its way here, by their tokens. They end with the service: nothing of them is
/// written down.
final class ImportParameters: Sendable {
    static let tokenSizeBytes = 32
    private static let validMilliseconds: Int64 = 86_400_000
    /// Locked memory is scarce: where there would be more, the oldest of the key that has the most goes.
    private static let pendingMax = 64
    /// So many are made at once, each on a thread of its own, and of each key one.
    private static let atOnceMax = 4

    private final class Pending: Sendable {
        let keyID: KeyID
        let validToMilliseconds: Int64
        let algorithm: ImportWrapping.Algorithm
        let pair: ImportKeyPair

        init(
            _ keyID: KeyID, validToMilliseconds: Int64, _ algorithm: ImportWrapping.Algorithm,
            _ pair: consuming ImportKeyPair
        ) {
            self.keyID = keyID
            self.validToMilliseconds = validToMilliseconds
            self.algorithm = algorithm
            self.pair = pair
        }
    }

    private let pending = Mutex<[[UInt8]: Pending]>([:])
    private let making = Mutex<[KeyID]>([])

    /// Has a pair made for a key, where none is being made for it and not too many for others.
    ///
    /// - Throws: `throttling`.
    func amongFew<Value>(
        for keyID: KeyID, _ body: () async throws(KeyServiceError) -> Value
    ) async throws(KeyServiceError) -> Value {
        let isAdmitted = making.withLock { keys in
            guard keys.count < Self.atOnceMax, !keys.contains(keyID) else { return false }
            keys.append(keyID)
            return true
        }
        guard isAdmitted else {
            throw KeyServiceError(
                .throttling,
                "A key pair for an import into this key is being made, or \(Self.atOnceMax) for others are, which takes up "
                    + "to seconds; ask again then.")
        }
        defer { making.withLock { keys in keys.removeAll { $0 == keyID } } }
        return try await body()
    }

    /// Makes a pair for a key. Takes up to seconds.
    func make(
        for keyID: KeyID, _ wrapping: ImportWrapping, token: [UInt8], nowMilliseconds: Int64
    ) throws(KeyServiceError) -> (publicKey: [UInt8], validToMilliseconds: Int64) {
        let pair: ImportKeyPair
        do throws(SealError) {
            pair = try ImportKeyPair(sizeBits: wrapping.keySpec.sizeBits)
        } catch {
            throw KeyServiceError(KeyBackendError(.unavailable, error.message, underlying: error))
        }
        let publicKey = pair.publicKey
        let validTo = nowMilliseconds + Self.validMilliseconds
        let entry = Pending(keyID, validToMilliseconds: validTo, wrapping.algorithm, pair)
        pending.withLock { pending in
            pending = pending.filter { $0.value.validToMilliseconds > nowMilliseconds }
            if pending.count >= Self.pendingMax,
                let oldest = Self.oldestOfMost(
                    pending.map { ($0.key, $0.value.keyID, $0.value.validToMilliseconds) })
            {
                pending[oldest] = nil
            }
            pending[token] = entry
        }
        return (publicKey, validTo)
    }

    /// Whose token goes where there are too many: the oldest of the key that has the most, so that who may import into
    /// one key takes none of another's.
    static func oldestOfMost(
        _ pending: [(token: [UInt8], keyID: KeyID, validToMilliseconds: Int64)]
    ) -> [UInt8]? {
        let counts = pending.reduce(into: [KeyID: Int]()) { $0[$1.keyID, default: 0] += 1 }
        let most = counts.values.max()
        return pending.filter { counts[$0.keyID] == most }
            .min { $0.validToMilliseconds < $1.validToMilliseconds }?.token
    }

    /// The material that was encrypted for a key with what the token stands for.
    func open(
        _ encrypted: [UInt8], token: [UInt8], for keyID: KeyID, nowMilliseconds: Int64
    ) throws(KeyServiceError) -> SecretBytes {
        guard let entry = pending.withLock({ $0[token] }), entry.keyID == keyID else {
            throw KeyServiceError(
                .invalidImportToken,
                "The import token is not of this key, or the service has been opened anew since; get parameters for the "
                    + "import again.")
        }
        guard nowMilliseconds < entry.validToMilliseconds else {
            throw KeyServiceError(.expiredImportToken, "The import token is older than a day; get another one.")
        }
        do throws(SealError) {
            let hash: ImportKeyPair.Hash = entry.algorithm == .oaepSHA1 ? .sha1 : .sha256
            if let material = try entry.pair.decrypt(encrypted, count: KeyMaterial.sizeBytes, hash) { return material }
        } catch {
            throw KeyServiceError(KeyBackendError(.unavailable, error.message, underlying: error))
        }
        throw KeyServiceError(
            .invalidCiphertext,
            "The encrypted material is not \(KeyMaterial.sizeBytes) bytes under the public key that goes with the token, "
                + "encrypted with \(entry.algorithm.rawValue).")
    }

    func removeAll() { pending.withLock { $0.removeAll() } }
}
