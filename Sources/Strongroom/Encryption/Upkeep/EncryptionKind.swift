internal import StrongroomKeys

/// How an object is encrypted, as far as a bucket's default says anything of it.
struct EncryptionKind: Hashable, Sendable {
    var mode: EncryptionMode
    /// Nil for what is not encrypted and for customer keys.
    var keyID: String?
    var usesBucketKey = false
    /// Of what a default asks for: why its key is not to be used at present; nil where it is.
    private(set) var unusable: String?

    init(_ object: ObjectRow) {
        guard case .wrapped(let sealing) = object.sealing else {
            mode = .none
            return
        }
        mode = sealing.mode
        keyID = sealing.mode == .customerKey ? nil : sealing.keyID
        usesBucketKey = sealing.bucketKeyID != nil
    }

    /// What a bucket's default asks for, an alias resolved.
    ///
    /// - Throws: what the key service says, where it does not tell.
    init(
        _ standard: DefaultEncryption, of bucket: BucketName, in engine: Engine, as requester: Requester
    ) async throws(StoreError) {
        mode = standard.mode
        usesBucketKey = standard.usesBucketKey
        guard standard.mode.asksKeyService else { return }
        let keys = try engine.unlockedKeys()
        let backend = try await keys.backend(of: mode, for: bucket)
        let context = try keys.context(mode, requester, asking: backend, for: bucket)
        do throws(KeyBackendError) {
            let key = try await backend.backend.describe(DescribeRequest(keyID: standard.keyID, context: context))
            keyID = key.keyID
            unusable = key.health == .ready ? nil : key.message
        } catch {
            throw StoreError(error, bucket: bucket)
        }
    }

    /// Whether a key service guards it that guards nothing of the other, or it has more layers.
    func isStricter(than other: EncryptionKind) -> Bool {
        mode.layers > other.mode.layers || mode.asksKeyService && !other.mode.asksKeyService
            || mode != .none && other.mode == .none
    }

    /// Whether it is what a default asks for. Under SSE-S3 there is one key; of a key of the service every version will
    /// do.
    func isLike(_ standard: EncryptionKind) -> Bool {
        mode == standard.mode && usesBucketKey == standard.usesBucketKey
            && (standard.keyID == nil || keyID == standard.keyID)
    }
}
