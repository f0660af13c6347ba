internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// The keys of an unlocked store: the backend that seals data keys, and the metadata key.
final class StoreKeys: Sendable {
    private let opened: OpenedBackend
    /// Nil where the store was opened without one.
    private let service: KeyServiceLink?
    /// Keeps no keys: requests bring theirs.
    private let customer: OpenedBackend
    let metadataKey: SharedSecret
    private let derived = Mutex<[[UInt8]: BucketKeys]>([:])
    /// Buckets whose keys are kept: about a KiB of locked memory each.
    private static let derivedLimit = 256
    /// For the rows of buckets themselves.
    let storeRows: BucketKeys
    /// For what commits say of their changes.
    let changes: MessageAuthenticator
    /// For rows that are sealed as a whole.
    let sealedRows: SealedRows
    /// For temporary credentials.
    let sessions: SessionTokens
    /// Nil for a backend that must be asked for each key.
    let reserve: DataKeyReserve?

    init(
        _ opened: OpenedBackend, service: KeyServiceLink? = nil, customer: OpenedBackend, metadataKey: SharedSecret
    ) throws(StoreError) {
        self.opened = opened
        self.service = service
        self.customer = customer
        self.metadataKey = metadataKey
        reserve = opened.mayMakeKeysAhead ? DataKeyReserve(opened.backend) : nil
        let nobody = [UInt8](repeating: 0, count: ObjectRow.uidBytes)
        storeRows = try BucketKeys(metadataKey, bucketUID: nobody)
        sealedRows = try SealedRows(metadataKey)
        sessions = try SessionTokens(metadataKey)
        do throws(SealError) {
            changes = try MessageAuthenticator(
                dataKeyed: PreparedKey(metadataKey.bytes).expand(
                    info: CanonicalFields.metadataKey(purpose: "changes", bucketUID: nobody), count: 32))
        } catch {
            throw StoreError(error)
        }
    }

    /// The backend that every store has, which also keeps the metadata key.
    var backend: any KeyBackend { opened.backend }

    /// Derived when they are needed: what is kept of them lies in locked memory, of which there is little.
    func keys(ofBucket uid: [UInt8]) throws(StoreError) -> BucketKeys {
        if let known = derived.withLock({ $0[uid] }) { return known }
        let keys = try BucketKeys(metadataKey, bucketUID: uid)
        derived.withLock { derived in
            if derived.count >= Self.derivedLimit { derived.removeAll(keepingCapacity: true) }
            derived[uid] = keys
        }
        return keys
    }

    /// - Throws: `keyServiceMissing`.
    func keyService(for name: BucketName? = nil) throws(StoreError) -> KeyServiceLink {
        guard let service else {
            throw StoreError(
                .keyServiceMissing,
                "The store was opened without a key service, which SSE-KMS needs: set StoreOptions.keyService.",
                bucket: name)
        }
        return service
    }

    /// - Throws: `keyServiceMissing`, `encryptionUnavailable`.
    func checkAvailable(_ mode: EncryptionMode, for name: BucketName) throws(StoreError) {
        guard mode.layers == 1 || AEADImplementation.innerLayer != nil else {
            throw StoreError(
                .encryptionUnavailable,
                "DSSE-KMS seals with two cryptographic libraries, and the program was built with one: switch on the "
                    + "package trait DualLayer of Strongroom.", bucket: name)
        }
        if mode.asksKeyService { _ = try keyService(for: name) }
    }

    /// The one backend that wraps in that mode: no other ever takes its place.
    func backend(of mode: EncryptionMode, for name: BucketName) async throws(StoreError) -> OpenedBackend {
        switch mode {
        case .none: preconditionFailure("what is not encrypted needs no key")
        case .s3Managed: opened
        case .kms, .kmsDualLayer: try await keyService(for: name).backend()
        case .customerKey: customer
        }
    }

    /// What a call to the mode's backend is made with.
    func context(
        _ mode: EncryptionMode, _ requester: Requester, asking backend: OpenedBackend, for name: BucketName
    ) throws(StoreError) -> KeyRequestContext {
        var context = KeyRequestContext(caller: requester.caller(asking: backend, for: mode))
        switch mode {
        case .none, .s3Managed: break
        case .kms, .kmsDualLayer:
            context.deadlineNanoseconds = try keyService(for: name).deadlineNanoseconds
            // So that a key's policy can tell what is asked through the store from what is asked of the service itself.
            if context.caller?.viaService == nil { context.caller?.viaService = "s3" }
        case .customerKey: context.customerKey = requester.customerKey?.secret
        }
        return context
    }

    /// Has the store's own backend rotate the key of SSE-S3.
    func rotate() async throws(StoreError) {
        do throws(KeyBackendError) {
            _ = try await opened.backend.control(ControlRequest(json: Array(#"{"operation":"rotate"}"#.utf8)))
        } catch {
            throw StoreError(.keyBackendFailed, error.message, underlying: error)
        }
        // What was made ahead is under the old version.
        reserve?.clear()
    }

    /// Lets nothing begin that writes to the store's own files.
    func settle() async { await service?.settle() }

    /// Every backend, when the store is closed.
    func close() async throws(KeyBackendError) {
        let failures = [
            await Self.failure(closing: opened.backend), await failureClosingService(),
            await Self.failure(closing: customer.backend),
        ]
        if let failure = failures.compactMap(\.self).first { throw failure }
    }

    private static func failure(closing backend: any KeyBackend) async -> KeyBackendError? {
        do throws(KeyBackendError) {
            try await backend.close()
            return nil
        } catch {
            return error
        }
    }

    private func failureClosingService() async -> KeyBackendError? {
        do throws(KeyBackendError) {
            try await service?.close()
            return nil
        } catch {
            return error
        }
    }
}

/// What one bucket's rows are authenticated and its attribute blocks sealed with; derived from the
/// metadata key, so that they need no call to a backend.
final class BucketKeys: Sendable {
    private let rowMAC: MessageAuthenticator
    let attributes: PreparedKey
    /// For payloads in mode *none*.
    let clearPayloads: MessageAuthenticator

    init(_ metadataKey: SharedSecret, bucketUID: [UInt8]) throws(StoreError) {
        do throws(SealError) {
            let key = try PreparedKey(metadataKey.bytes)
            func info(_ purpose: String) -> [UInt8] {
                CanonicalFields.metadataKey(purpose: purpose, bucketUID: bucketUID)
            }
            rowMAC = try MessageAuthenticator(dataKeyed: key.expand(info: info("row MAC"), count: 32))
            attributes = try PreparedKey(key.expand(info: info("attributes"), count: 32))
            clearPayloads = try MessageAuthenticator(dataKeyed: key.expand(info: info("clear payloads"), count: 32))
        } catch {
            throw StoreError(error)
        }
    }

    /// An object's attribute block.
    func seal(
        _ attributes: ObjectAttributes, objectUID: [UInt8], random: SystemRandom
    ) throws(SealError) -> [UInt8] {
        var plain = attributes.encoded()
        defer { plain.wipeTail(from: 0) }
        return try SealedStream.seal(
            plain, ObjectAttributes.suite, key: self.attributes,
            context: CanonicalFields.attributeContext(objectUID: objectUID), random: random)
    }

    /// The row's value with its MAC at the end.
    func authenticated(_ value: [UInt8], rowKey: [UInt8]) throws(StoreError) -> [UInt8] {
        do throws(SecretMemoryError) {
            return value + (try code(of: value[...], rowKey: rowKey))
        } catch {
            throw StoreError(error)
        }
    }

    private func code(of value: ArraySlice<UInt8>, rowKey: [UInt8]) throws(SecretMemoryError) -> [UInt8] {
        let head = CanonicalFields.rowHead(key: rowKey, valueSizeBytes: value.count)
        // Safe: a UInt8 is raw bytes.
        return try rowMAC.code(for: unsafe head.span.bytes, unsafe value.span.bytes)
    }

    /// Whether `storedValue` is what was written under `rowKey`, to the byte.
    func isAuthentic(_ storedValue: [UInt8], rowKey: [UInt8]) throws(StoreError) -> Bool {
        guard storedValue.count > ObjectRow.macBytes else { return false }
        let code = Array(storedValue.suffix(ObjectRow.macBytes))
        do throws(SecretMemoryError) {
            let expected = try self.code(of: storedValue.dropLast(ObjectRow.macBytes), rowKey: rowKey)
            // Safe: a UInt8 is raw bytes.
            return ConstantTime.areEqual(unsafe expected.span.bytes, unsafe code.span.bytes)
        } catch {
            throw StoreError(error)
        }
    }
}

extension MessageAuthenticator {
    /// The same, with one error for the key's derivation and for the memory it stands in.
    convenience init(dataKeyed key: borrowing SecretBytes) throws(SealError) {
        do throws(SecretMemoryError) {
            try self.init(key: key)
        } catch {
            throw SealError(secretMemory: error)
        }
    }
}
