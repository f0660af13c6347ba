internal import StrongroomCustomerKeys
internal import StrongroomGlacierKeys
internal import StrongroomKMS
internal import StrongroomKeyTrail
internal import StrongroomKeys
internal import StrongroomS3ManagedKeys
internal import StrongroomTestSupport
internal import SystemPackage

/// A backend, and keys that it has wrapped: under several versions, names and contexts, so that parts of one can be put
/// into another.
struct WrapKeeper: Sendable {
    let opener: WrapOpener
    let wraps: [FuzzedWrap]

    /// Made once: what is open has all that it needs in memory.
    static let all: [WrapKeeper] = waiting { await WrapKeeper.made() }

    private static func made() async -> [WrapKeeper] {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        do throws(KeyBackendError) {
            var keepers = [try await s3Managed(folder.appending("s3-managed")), try await customers()]
            keepers += try await archive(folder.appending("archive"))
            keepers += try await service(folder.appending("service"))
            return keepers
        } catch {
            finding("no keys could be wrapped: \(error)")
        }
    }

    private static func contexts() throws(KeyBackendError) -> [EncryptionContext] {
        [.empty, try EncryptionContext(["a": "b"]), try EncryptionContext(["bucket": "one", "purpose": ""])]
    }

    // MARK: Backends

    /// Binds no context.
    private static func s3Managed(_ keyring: FilePath) async throws(KeyBackendError) -> WrapKeeper {
        let instance = try await KeyBackendInstance.open(
            S3ManagedKeys.table, configuration: S3ManagedKeys.configuration(keyring: keyring, creates: true))
        var wraps = [
            try await wrap(instance), try await wrap(instance, keyID: S3ManagedKeys.metadataKeyID),
        ]
        _ = try await instance.control(ControlRequest(json: Array(#"{"operation":"rotate"}"#.utf8)))
        wraps.append(try await wrap(instance))
        return WrapKeeper(opener: .backend(instance, .names), wraps: wraps)
    }

    private static func customers() async throws(KeyBackendError) -> WrapKeeper {
        let instance = try await KeyBackendInstance.open(CustomerKeys.table, configuration: KeyBackendConfiguration())
        let keys = [[UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)]
        let contexts = try contexts()
        let wraps = [
            try await wrap(instance, contexts[0], customerKey: keys[0]),
            try await wrap(instance, contexts[1], customerKey: keys[0]),
            try await wrap(instance, contexts[1], customerKey: keys[1]),
        ]
        return WrapKeeper(opener: .backend(instance, [.names, .context, .customerKey]), wraps: wraps)
    }

    /// Its data keys, and its wraps around wraps.
    private static func archive(_ keyring: FilePath) async throws(KeyBackendError) -> [WrapKeeper] {
        let instance = try await KeyBackendInstance.open(
            GlacierKeys.table, configuration: GlacierKeys.configuration(keyring: keyring, creates: true, audit: .off))
        let keys = ArchiveKeys(instance)
        var (wraps, sealed): ([FuzzedWrap], [FuzzedWrap]) = ([], [])
        for context in try contexts() {
            let inner = try await wrap(instance, context)
            let outer = try await keys.seal(inner.wrapped.bytes, boundTo: context.canonicalBytes).bytes
            wraps.append(inner)
            sealed.append(
                FuzzedWrap(
                    wrapped: WrappedDataKey(keyID: "", keyVersion: "", bytes: outer), context: context,
                    key: inner.wrapped.bytes))
            // The next one comes into an epoch of its own.
            _ = try await keys.rotateEpoch()
        }
        return [
            WrapKeeper(opener: .backend(instance, [.names, .context]), wraps: wraps),
            WrapKeeper(opener: .archive(keys), wraps: sealed),
        ]
    }

    private static func wrap(
        _ instance: KeyBackendInstance, keyID: String? = nil, _ context: EncryptionContext = .empty,
        customerKey: [UInt8]? = nil
    ) async throws(KeyBackendError) -> FuzzedWrap {
        let caller = FuzzedWrap(
            wrapped: WrappedDataKey(keyID: "", keyVersion: "", bytes: []), context: context, customerKey: customerKey,
            key: [])
        let generated = try await instance.generateDataKey(
            DataKeyRequest(keyID: keyID, encryptionContext: context, context: try caller.requestContext()))
        return FuzzedWrap(
            wrapped: generated.wrapped, context: context, customerKey: customerKey,
            key: plaintext(of: generated.plaintext))
    }

    // MARK: Key service

    /// Its data keys with their names beside them, and as ciphertexts that name their keys themselves.
    private static func service(_ keyring: FilePath) async throws(KeyBackendError) -> [WrapKeeper] {
        let contexts = try contexts()
        let service = try await KeyService.open(keyring: keyring, creates: true, audit: .off)
        do throws(KeyServiceError) {
            let keyID = try await service.createKey().arn
            var wraps = [
                try await dataKey(service, nil, contexts[0]), try await dataKey(service, keyID, contexts[1]),
            ]
            _ = try await service.rotateKey(keyID)
            wraps.append(try await dataKey(service, keyID, contexts[1]))
            var ciphertexts: [FuzzedWrap] = []
            for wrap in wraps {
                var ciphertext = wrap
                ciphertext.wrapped.bytes = try KeyCiphertext(wrap.wrapped).bytes
                ciphertexts.append(ciphertext)
            }
            // One that is no data key: keys of any length are sealed in the same way.
            let long = try await service.generateDataKey(count: 100, keyID: keyID, encryptionContext: contexts[2])
            ciphertexts.append(
                FuzzedWrap(
                    wrapped: WrappedDataKey(keyID: "", keyVersion: "", bytes: long.ciphertext.bytes),
                    context: contexts[2], key: plaintext(of: long.plaintext)))
            return [
                WrapKeeper(opener: .service(service), wraps: wraps),
                WrapKeeper(opener: .ciphertexts(service), wraps: ciphertexts),
            ]
        } catch {
            throw KeyBackendError(error)
        }
    }

    private static func dataKey(
        _ service: KeyService, _ keyID: String?, _ context: EncryptionContext
    ) async throws(KeyServiceError) -> FuzzedWrap {
        let generated = try await service.generateDataKey(keyID: keyID, encryptionContext: context)
        return FuzzedWrap(
            wrapped: generated.wrapped, context: context, key: plaintext(of: generated.plaintext))
    }
}
