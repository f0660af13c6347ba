internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem

/// A data key with what a row says of its wrap.
struct WrappedKey: Sendable {
    var dataKey: DataKey
    let mode: EncryptionMode
    /// Name of the backend as rows record it: what was sealed by one backend is never sent to another.
    let backendID: String
    /// Without bytes and version where it is under a Bucket Key, whose row has them.
    let wrapped: WrappedDataKey
    /// The caller's own pairs.
    var context = EncryptionContext.empty
    /// The data key under the key that the backend wrapped; empty where that is the data key.
    var enclosedKey: [UInt8] = []
    var bucketKeyID: [UInt8]?
    /// How the data key of the outer layer is kept; nil under one layer.
    var outerLayer: (backendID: String, wrapped: WrappedDataKey)?

    /// Another data key, kept under this one.
    func enclosing(_ inner: DataKey, objectUID: [UInt8], random: SystemRandom) throws(SealError) -> WrappedKey {
        assert(enclosedKey.isEmpty, "a key that is enclosed itself encloses no other")
        var key = self
        key.enclosedKey = try inner.enclosed(in: dataKey, objectUID: objectUID, random: random)
        key.dataKey = inner
        return key
    }

    /// Says in `sealing` how the data key is kept; the binding is made after that.
    func describe(in sealing: inout ObjectRow.WrappedSealing) {
        sealing.mode = mode
        sealing.backendID = backendID
        sealing.keyID = wrapped.keyID
        sealing.keyVersion = wrapped.keyVersion
        sealing.wrappedKey = wrapped.bytes
        sealing.context = context
        sealing.enclosedKey = enclosedKey
        sealing.bucketKeyID = bucketKeyID
        sealing.layers = mode.layers
        sealing.outerLayer = outerLayer.map {
            ObjectRow.OuterWrap(
                backendID: $0.backendID, keyID: $0.wrapped.keyID, keyVersion: $0.wrapped.keyVersion,
                wrappedKey: $0.wrapped.bytes, binding: [])
        }
    }
}

extension StoreKeys {
    /// A fresh data key for an object; nil in mode *none*. From the reserve where it does not matter who asks.
    func dataKey(
        _ plan: EncryptionPlan, objectUID: [UInt8], for put: PutOperation
    ) async throws(StoreError) -> WrappedKey? {
        switch plan.mode {
        case .none: return nil
        case .s3Managed: return try await managedKey(for: put)
        case .customerKey(let key):
            var requester = put.requester
            requester.customerKey = key
            return try await generated(DataKeyRequest(), .customerKey, requester, for: put)
        case .kms(let service):
            let key = try await serviceKey(service, for: put, in: plan.bucket)
            return service.usesBucketKey ? try enclosed(in: key, objectUID: objectUID, for: put) : key
        case .kmsDualLayer(let service):
            return try await generated(service, .kmsDualLayer, around: try await managedKey(for: put), for: put)
        }
    }

    private func managedKey(for put: PutOperation) async throws(StoreError) -> WrappedKey {
        guard put.requester.caller == nil, let key = reserve?.take() else {
            return try await generated(DataKeyRequest(), .s3Managed, put.requester, for: put)
        }
        return WrappedKey(
            dataKey: key.dataKey, mode: .s3Managed, backendID: try await backend(of: .s3Managed, for: put.bucket).id,
            wrapped: key.wrapped)
    }

    /// A key that the key service wraps, for one object or, as a Bucket Key, for many.
    func serviceKey(
        _ service: EncryptionPlan.ServiceKey, for put: PutOperation, in bucket: KnownBucket
    ) async throws(StoreError) -> WrappedKey {
        guard service.usesBucketKey else {
            return try await generated(service, .kms, for: put)
        }
        do throws(StoreError) {
            let shared = try await put.engine.bucketKey(service.keyID, service.context, for: put, in: bucket)
            return WrappedKey(
                dataKey: shared.key, mode: .kms, backendID: shared.backendID,
                wrapped: WrappedDataKey(keyID: shared.keyID, keyVersion: "", bytes: []), context: service.context,
                bucketKeyID: shared.id)
        } catch {
            throw error.about(put.bucket, put.key)
        }
    }

    /// A key that the key service wraps for one object.
    private func generated(
        _ service: EncryptionPlan.ServiceKey, _ mode: EncryptionMode, around outer: WrappedKey? = nil,
        for put: PutOperation
    ) async throws(StoreError) -> WrappedKey {
        let request = DataKeyRequest(
            keyID: service.keyID, encryptionContext: try ObjectARN.context(service.context, put.bucket, put.key))
        var key = try await generated(request, mode, put.requester, for: put, within: outer?.dataKey)
        key.context = service.context
        key.outerLayer = outer.map { ($0.backendID, $0.wrapped) }
        return key
    }

    private func generated(
        _ request: DataKeyRequest, _ mode: EncryptionMode, _ requester: Requester, for put: PutOperation,
        within outerLayer: DataKey? = nil
    ) async throws(StoreError) -> WrappedKey {
        var request = request
        let backend = try await backend(of: mode, for: put.bucket)
        request.context = try context(mode, requester, asking: backend, for: put.bucket)
        let generated: GeneratedDataKey
        do throws(KeyBackendError) {
            generated = try await backend.backend.generateDataKey(request)
        } catch {
            throw StoreError(error, bucket: put.bucket, key: put.key)
        }
        let wrapped = generated.wrapped
        do throws(SealError) {
            return WrappedKey(
                dataKey: try DataKey(generated.takePlaintext(), outerLayer: outerLayer), mode: mode,
                backendID: backend.id, wrapped: wrapped)
        } catch {
            throw StoreError(error, bucket: put.bucket, key: put.key)
        }
    }

    /// A data key of the object's own, which no backend has made.
    private func enclosed(
        in key: WrappedKey, objectUID: [UInt8], for put: PutOperation
    ) throws(StoreError) -> WrappedKey {
        let random = put.engine.random
        let secret: SecretBytes
        do throws(SecretMemoryError) {
            secret = try SecretBytes.random(count: GeneratedDataKey.sizeBytes, from: random)
        } catch {
            throw StoreError(error)
        }
        do throws(SealError) {
            return try key.enclosing(try DataKey(secret), objectUID: objectUID, random: random)
        } catch {
            throw StoreError(error, bucket: put.bucket, key: put.key)
        }
    }
}
