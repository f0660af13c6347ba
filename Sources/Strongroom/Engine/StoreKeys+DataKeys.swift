internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem

/// A data key with what a row says of its wrap.
struct WrappedKey: Sendable {
    let dataKey: DataKey
    let mode: EncryptionMode
    /// Name of the backend as rows record it: what was sealed by one backend is never sent to another.
    let backendID: String
    let wrapped: WrappedDataKey
    /// The caller's own pairs.
    let context: EncryptionContext
}

extension StoreKeys {
    /// A fresh data key for an object; nil in mode *none*. From the reserve where it does not matter who asks.
    func dataKey(_ plan: EncryptionPlan, for put: PutOperation) async throws(StoreError) -> WrappedKey? {
        let mode = plan.mode.recorded
        var request = DataKeyRequest()
        var own = EncryptionContext.empty
        var requester = put.requester
        switch plan.mode {
        case .none: return nil
        case .s3Managed:
            if requester.caller == nil, let key = reserve?.take() {
                return WrappedKey(
                    dataKey: key.dataKey, mode: mode, backendID: try backend(of: mode, for: put.bucket).id,
                    wrapped: key.wrapped, context: own)
            }
        case .kms(let keyID, let context):
            own = context
            request.keyID = keyID
            request.encryptionContext = try ObjectARN.context(own, put.bucket, put.key)
        case .customerKey(let key): requester.customerKey = key
        }
        request.context = try context(mode, requester, for: put.bucket)
        let backend = try backend(of: mode, for: put.bucket)
        do {
            let generated = try await backend.backend.generateDataKey(request)
            let wrapped = generated.wrapped
            return WrappedKey(
                dataKey: try DataKey(generated.takePlaintext()), mode: mode, backendID: backend.id, wrapped: wrapped,
                context: own)
        } catch let error as KeyBackendError {
            throw StoreError(error, bucket: put.bucket, key: put.key)
        } catch let error as SealError {
            throw StoreError(error, bucket: put.bucket, key: put.key)
        } catch {
            throw StoreError(.keyBackendFailed, "\(error)", bucket: put.bucket, key: put.key, underlying: error)
        }
    }
}
