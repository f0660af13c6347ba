import StrongroomCrypto
import StrongroomKeys
import StrongroomS3ManagedKeys
import SystemPackage
import Testing

/// The whole path an engine takes: Swift → C table → Swift backend, and back.
@Suite struct S3ManagedKeysTests {
    let folder = TemporaryFolder()

    var keyring: FilePath { folder.path.appending("keyring") }

    func open(
        _ rootKey: consuming S3ManagedKeys.RootKey = .recorded, creates: Bool = false
    ) async throws -> KeyBackendInstance {
        try await KeyBackendInstance.open(
            S3ManagedKeys.table,
            configuration: S3ManagedKeys.configuration(keyring: keyring, rootKey: rootKey, creates: creates))
    }

    @Test func aKeyWrappedBeforeClosingUnwrapsAfterReopening() async throws {
        let first = try await open(creates: true)
        let generated = try await first.generateDataKey(DataKeyRequest())
        #expect(generated.wrapped.bytes.count == 104)
        #expect(generated.wrapped.keyID == S3ManagedKeys.objectKeyID)
        #expect(generated.wrapped.keyVersion == "1")
        try await first.close()

        let second = try await open()
        let key = try await second.unwrap(generated.wrapped, for: UnwrapRequest())
        #expect(try key.isEqual(to: generated.plaintext))
        try await second.close()
    }
}
