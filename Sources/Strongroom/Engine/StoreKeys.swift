internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// The keys of an unlocked store: the backend that seals data keys, and the metadata key.
final class StoreKeys: Sendable {
    private let opened: OpenedBackend
    let metadataKey: SharedSecret
    private let derived = Mutex<[[UInt8]: BucketKeys]>([:])
    /// Buckets whose keys are kept: about a KiB of locked memory each.
    private static let derivedLimit = 256
    /// For the rows of buckets themselves.
    let storeRows: BucketKeys
    /// For what commits say of their changes.
    let changes: MessageAuthenticator
    /// Nil for a backend that must be asked for each key.
    let reserve: DataKeyReserve?

    init(_ opened: OpenedBackend, metadataKey: SharedSecret) throws(StoreError) {
        self.opened = opened
        self.metadataKey = metadataKey
        reserve = opened.mayMakeKeysAhead ? DataKeyReserve(opened.backend) : nil
        let nobody = [UInt8](repeating: 0, count: ObjectRow.uidBytes)
        storeRows = try BucketKeys(metadataKey, bucketUID: nobody)
        do throws(SealError) {
            changes = try MessageAuthenticator(
                dataKeyed: PreparedKey(metadataKey.bytes).expand(
                    info: CanonicalFields.metadataKey(purpose: "changes", bucketUID: nobody), count: 32))
        } catch {
            throw StoreError(error)
        }
    }

    /// Name of the backend as rows record it: what was sealed by one backend is never sent to another.
    var backendID: String { opened.id }
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

    /// A fresh data key, from the reserve where it does not matter who asks.
    func dataKey(for put: PutOperation) async throws(StoreError) -> (DataKey, WrappedDataKey) {
        if put.caller == nil, let key = reserve?.take() { return (key.dataKey, key.wrapped) }
        let generated: GeneratedDataKey
        do throws(KeyBackendError) {
            generated = try await backend.generateDataKey(DataKeyRequest(context: context(put.caller)))
        } catch {
            throw StoreError(error, bucket: put.bucket, key: put.key)
        }
        let wrapped = generated.wrapped
        do throws(SealError) {
            return (try DataKey(generated.takePlaintext()), wrapped)
        } catch {
            throw StoreError(error, bucket: put.bucket, key: put.key)
        }
    }

    func context(_ caller: Caller?) -> KeyRequestContext { KeyRequestContext(caller: caller) }
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
