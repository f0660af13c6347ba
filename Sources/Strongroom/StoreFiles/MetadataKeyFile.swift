internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomS3ManagedKeys
internal import StrongroomSystem
internal import SystemPackage

/// `metadata-key.json`: the store's metadata key, wrapped by its key backend, made and synced before
/// `store.json`. It lies in the store, not in the keyring: useless without the keyring, and part of every
/// copy of the store.
struct MetadataKeyFile: Codable, Sendable {
    static let fileName = "metadata-key.json"
    static let currentFormat = 1

    var format: Int
    var keys: [Entry]

    struct Entry: Codable, Sendable {
        var version: Int
        var backend: String
        var keyId: String
        var keyVersion: String
        /// Hexadecimal.
        var wrapped: String
        /// Hexadecimal MAC under the key itself over store, backend and key: the file of another store, whose
        /// keys the same backend could open, is refused.
        var binding: String
    }

    /// Makes a new metadata key and writes the file.
    static func create(
        in directory: FilePath, storeID: [UInt8], _ opened: OpenedBackend, _ fileSystem: any FileSystem,
        on threads: IOThreadPool
    ) async throws(StoreError) -> SharedSecret {
        // The linked backend keeps a key of its own for metadata, which rotates apart from the objects'.
        let keyID = opened.id == S3ManagedKeys.table.name ? S3ManagedKeys.metadataKeyID : nil
        let generated: GeneratedDataKey
        do throws(KeyBackendError) {
            generated = try await opened.backend.generateDataKey(DataKeyRequest(keyID: keyID))
        } catch {
            throw StoreError(error)
        }
        let wrapped = generated.wrapped
        let secret = SharedSecret(generated.takePlaintext())
        let binding = try binding(secret, storeID, opened.id, wrapped.keyID)
        let file = MetadataKeyFile(
            format: currentFormat,
            keys: [
                Entry(
                    version: 1, backend: opened.id, keyId: wrapped.keyID, keyVersion: wrapped.keyVersion,
                    wrapped: Hexadecimal.encode(wrapped.bytes), binding: Hexadecimal.encode(binding))
            ])
        do throws(StorageError) {
            try await threads.run { () throws(StorageError) in
                try CanonicalJSONFile.write(file, to: directory.appending(fileName), in: fileSystem)
            }
        } catch {
            throw StoreError(error)
        }
        return secret
    }

    /// Unwraps the store's metadata key.
    static func unwrap(
        in directory: FilePath, storeID: [UInt8], _ opened: OpenedBackend, _ fileSystem: any FileSystem,
        on threads: IOThreadPool
    ) async throws(StoreError) -> SharedSecret {
        let path = directory.appending(fileName)
        let file: MetadataKeyFile
        do throws(StorageError) {
            file = try await threads.run { () throws(StorageError) in
                try CanonicalJSONFile.read(MetadataKeyFile.self, from: path, in: fileSystem)
            }
        } catch {
            throw StoreError(error)
        }
        guard file.format == currentFormat, file.keys.count == 1, let entry = file.keys.first,
            entry.backend == opened.id
        else {
            throw StoreError(
                .unsupportedFormat, "The metadata key is of a form or backend that is not known. [\(path)]")
        }
        guard let wrappedBytes = Hexadecimal.decode(entry.wrapped), let expected = Hexadecimal.decode(entry.binding)
        else { throw StoreError(.corrupted, "The metadata key is not hexadecimal. [\(path)]") }
        let wrapped = WrappedDataKey(keyID: entry.keyId, keyVersion: entry.keyVersion, bytes: wrappedBytes)
        let secret: SharedSecret
        do throws(KeyBackendError) {
            secret = SharedSecret(try await opened.backend.unwrap(wrapped, for: UnwrapRequest()))
        } catch {
            throw StoreError(error)
        }
        let actual = try binding(secret, storeID, opened.id, entry.keyId)
        guard ConstantTime.areEqual(actual, expected) else {
            throw StoreError(.damaged, "The metadata key belongs to another store. [\(path)]")
        }
        return secret
    }

    private static func binding(
        _ secret: SharedSecret, _ storeID: [UInt8], _ backendID: String, _ keyID: String
    ) throws(StoreError) -> [UInt8] {
        var fields = FieldWriter()
        fields.put(1, text: "strongroom/metadata-key@v1")
        fields.put(2, storeID)
        fields.put(3, text: backendID)
        fields.put(4, text: keyID)
        do throws(SealError) {
            return try PreparedKey(secret.bytes).code(label: "strongroom/binding@v1", over: fields.bytes)
        } catch {
            throw StoreError(error)
        }
    }
}
