internal import StrongroomKeys

extension Store {
    /// What hangs on a key: in which buckets how many objects and bytes are sealed under it, and how many of them
    /// nobody may delete yet. Answered from an index that is kept up with every change, however many objects there are.
    ///
    /// Of an object in two layers both keys are counted; customer keys are not known to the store. Counts are of this
    /// store alone: a key may seal in others, too.
    ///
    /// - Parameter keyID: as objects name it (``EncryptionDescriptor``), or an id or an alias of the store's key
    ///   service.
    /// - Throws: ``StoreError/Code/keyUsageIncomplete`` while the store is being counted, because an earlier version
    ///   wrote it or its sums contradicted its rows; ``StoreError/Code/keyNotFound`` for an alias that names no key;
    ///   what the key service says.
    public func keyUsage(of keyID: String) async throws(StoreError) -> KeyUsage {
        guard !keyID.isEmpty else { throw StoreError(.invalidArgument, "The key's id is empty.") }
        let usage = try await engine.keyUsage(of: keyID)
        // What something hangs on is named as objects name it, and needs no service that may not answer.
        guard usage.buckets.isEmpty, let canonical = try await engine.canonicalKeyID(keyID, as: requester),
            canonical != keyID
        else { return usage }
        return try await engine.keyUsage(of: canonical)
    }
}

extension Engine {
    /// What objects name it by; nil for what the key service does not know, under which objects may be still.
    fileprivate func canonicalKeyID(_ keyID: String, as requester: Requester) async throws(StoreError) -> String? {
        let isAlias = keyID.contains("alias/")
        guard let keys else {
            guard !isAlias else {
                throw StoreError(.storeLocked, "A locked store knows no aliases; name the key's id.")
            }
            return nil
        }
        let backend: OpenedBackend
        var context = KeyRequestContext()
        do throws(StoreError) {
            let service = try keys.keyService()
            backend = try await service.backend()
            context.caller = requester.caller(asking: backend, for: .kms)
            context.deadlineNanoseconds = service.deadlineNanoseconds
        } catch  where error.code == .keyServiceMissing && !isAlias {
            return nil
        }
        do throws(KeyBackendError) {
            return try await backend.backend.describe(DescribeRequest(keyID: keyID, context: context)).keyID
        } catch {
            guard !isAlias, error.code == .keyNotFound || error.code == .invalidRequest else { throw StoreError(error) }
            return nil
        }
    }
}
