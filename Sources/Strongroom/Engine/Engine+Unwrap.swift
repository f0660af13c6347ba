internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem

/// Getting at the data key of an object, which proves that it is this object's.
extension Engine {
    /// The key of an object that is to be read; nil in mode *none*. What follows from the plaintext is told from then
    /// on.
    ///
    /// - Parameter check: what else must be true, looked at before a backend is asked, but after a customer's key:
    ///   without that nothing is told.
    func dataKey(
        _ opened: inout OpenedRow, _ place: ObjectPlace, in bucket: KnownBucket, as requester: Requester,
        check: (OpenedRow) throws(StoreError) -> Void
    ) async throws(StoreError) -> DataKey? {
        try checkPresented(opened.row, place, by: requester)
        guard case .wrapped(let sealing) = opened.row.sealing, let name = place.bucket else {
            try check(opened)
            return nil
        }
        let identity = identity(of: opened, place.key, in: bucket)
        if sealing.mode != .customerKey { try check(opened) }
        let dataKey = try await unwrap(sealing, identity, as: requester, name)
        opened.reveal()
        if sealing.mode == .customerKey { try check(opened) }
        return dataKey
    }

    /// Lets only whoever presents its key see an object under a customer's key; asks no backend about any other.
    func proveCustomerKey(
        _ opened: inout OpenedRow, _ place: ObjectPlace, in bucket: KnownBucket, as requester: Requester
    ) async throws(StoreError) {
        try checkPresented(opened.row, place, by: requester)
        guard case .wrapped(let sealing) = opened.row.sealing, sealing.mode == .customerKey, let name = place.bucket
        else { return }
        _ = try await unwrap(sealing, identity(of: opened, place.key, in: bucket), as: requester, name)
        opened.reveal()
    }

    /// A key is presented for what is under one, and for nothing else, as in S3.
    func checkPresented(
        _ row: ObjectRow, _ place: ObjectPlace, by requester: Requester
    ) throws(StoreError) {
        guard row.isUnderCustomerKey != (requester.customerKey != nil) else { return }
        throw StoreError(
            .invalidRequest,
            row.isUnderCustomerKey
                ? "The object is under a customer key; present it, with Bucket.presenting(_:)."
                : "The object is under no customer key; ask for it without one.",
            bucket: place.bucket, key: place.key)
    }

    /// The data key, proved to be this object's.
    func unwrap(
        _ sealing: ObjectRow.WrappedSealing, _ identity: ObjectBinding.Identity, as requester: Requester,
        _ name: BucketName
    ) async throws(StoreError) -> DataKey {
        try unlockedKeys().checkAvailable(sealing.mode, for: name)
        let backend = try await backend(of: sealing.mode, named: sealing.backendID, identity, name)
        let layer = try await outerLayerKey(sealing, identity, as: requester, name)
        let outer = try await wrappedKey(sealing, backend, identity, within: layer, as: requester, name)
        do throws(SealError) {
            let dataKey =
                sealing.enclosedKey.isEmpty
                ? outer : try DataKey(enclosed: sealing.enclosedKey, in: outer, objectUID: identity.objectUID)
            let binding = try ObjectBinding.wrap(dataKey, sealing, identity)
            guard ConstantTime.areEqual(binding, sealing.wrapBinding) else { throw Self.notItsOwn }
            return dataKey
        } catch {
            throw StoreError(error, bucket: name, key: identity.key)
        }
    }

    private func backend(
        of mode: EncryptionMode, named id: String, _ identity: ObjectBinding.Identity, _ name: BucketName
    ) async throws(StoreError) -> OpenedBackend {
        let backend = try await unlockedKeys().backend(of: mode, for: name)
        guard id == backend.id else {
            throw StoreError(
                .keyNotFound,
                "The object is sealed by the key backend \(id.debugDescription), "
                    + "and the store was opened with \(backend.id.debugDescription).",
                bucket: name, key: identity.key)
        }
        return backend
    }

    /// The key of the outer of two layers, proved to be this object's; nil under one.
    private func outerLayerKey(
        _ sealing: ObjectRow.WrappedSealing, _ identity: ObjectBinding.Identity, as requester: Requester,
        _ name: BucketName
    ) async throws(StoreError) -> DataKey? {
        guard let outer = sealing.outerLayer else { return nil }
        let backend = try await backend(of: .s3Managed, named: outer.backendID, identity, name)
        let wrapped = WrappedDataKey(keyID: outer.keyID, keyVersion: outer.keyVersion, bytes: outer.wrappedKey)
        let secret: SecretBytes
        do throws(KeyBackendError) {
            secret = try await backend.backend.unwrap(
                wrapped,
                for: UnwrapRequest(
                    context: KeyRequestContext(caller: requester.caller(asking: backend, for: .s3Managed))))
        } catch {
            throw StoreError(error, bucket: name, key: identity.key)
        }
        do throws(SealError) {
            let key = try DataKey(secret)
            let binding = try ObjectBinding.outerWrap(key, outer, sealing, identity)
            guard ConstantTime.areEqual(binding, outer.binding) else { throw Self.notItsOwn }
            return key
        } catch {
            throw StoreError(error, bucket: name, key: identity.key)
        }
    }

    /// What the backend opens: the data key, or the key that it is enclosed in.
    private func wrappedKey(
        _ sealing: ObjectRow.WrappedSealing, _ backend: OpenedBackend, _ identity: ObjectBinding.Identity,
        within outerLayer: DataKey?, as requester: Requester, _ name: BucketName
    ) async throws(StoreError) -> DataKey {
        if let id = sealing.bucketKeyID {
            let place = ObjectPlace(bucket: name, key: identity.key)
            return try await openBucketKey(id, of: sealing, in: identity.bucketUID, place, name, as: requester)
        }
        let wrapped = WrappedDataKey(keyID: sealing.keyID, keyVersion: sealing.keyVersion, bytes: sealing.wrappedKey)
        var request = UnwrapRequest(
            context: try unlockedKeys().context(sealing.mode, requester, asking: backend, for: name))
        if sealing.mode.asksKeyService {
            request.encryptionContext = try ObjectARN.context(sealing.context, name, identity.key)
        }
        let secret: SecretBytes
        do throws(KeyBackendError) {
            secret = try await backend.backend.unwrap(wrapped, for: request)
        } catch  where error.code == .incorrectKey && sealing.mode == .customerKey {
            throw StoreError(
                .accessDenied, "The customer key is not the one that the object is under.", bucket: name,
                key: identity.key)
        } catch {
            throw StoreError(error, bucket: name, key: identity.key)
        }
        do throws(SealError) {
            return try DataKey(secret, outerLayer: outerLayer)
        } catch {
            throw StoreError(error, bucket: name, key: identity.key)
        }
    }
}
