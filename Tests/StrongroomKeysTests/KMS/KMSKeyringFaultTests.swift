import Glibc
import StrongroomCrypto
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomKMS
@testable import StrongroomKeyring
@testable import StrongroomKeys
@testable import StrongroomS3ManagedKeys

/// What a disk, a crash or a stranger does to the key service's keyring: it holds the old or the new document, and a
/// wrong secret, damage and a change by somebody else are three different errors.
@Suite struct KMSKeyringFaultTests {
    let folder = TemporaryFolder()

    var keyring: FilePath { folder.path.appending("keyring") }
    var inner: FilePath { keyring.appending("kms") }
    var document: FilePath { inner.appending("keyring") }

    private func service(
        creates: Bool = false, settings: [String: String] = [:],
        before: @escaping KeyringFolder.Hook = KeyringFolder.noHook
    ) throws(KeyBackendError) -> KeyService {
        // Here it is the keyring's file that fails; one process at a time has a trail.
        try KeyService(
            KeyBackendConfiguration(
                keyring: keyring, creates: creates, settings: settings.merging(["audit": "off"]) { $1 }),
            ProcessKeyBackendHost.silent, before: before)
    }

    /// The code with which opening fails; nil where it opens.
    private func opening(settings: [String: String] = [:]) -> KeyBackendError.Code? {
        do throws(KeyBackendError) {
            _ = try service(settings: settings)
            return nil
        } catch {
            return error.code
        }
    }

    // MARK: - Secrets

    @Test func aWrongRootKeyIsNotDamage() throws {
        _ = try service(creates: true)
        let other = folder.path.appending("other.key")
        try TestFile.write([UInt8](repeating: 7, count: 32), to: other)
        #expect(opening() == nil)
        #expect(opening(settings: ["root-key-file": other.string]) == .wrongSecret)
    }

    @Test func aWrongPassphraseIsNotDamage() async throws {
        let service = try await KeyService.open(
            keyring: keyring, rootKey: .passphrase(try secret("right")), creates: true, scryptCostExponent: 10)
        #expect(try await service.status().isOpenedByPassphrase)
        let sealed = try await service.generateDataKey().wrapped
        await service.close()
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await KeyService.open(keyring: keyring, rootKey: .passphrase(try secret("wrong")))
        }
        #expect(error?.code == .wrongSecret)
        let reopened = try await KeyService.open(keyring: keyring, rootKey: .passphrase(try secret("right")))
        _ = try await reopened.decrypt(sealed)
    }

    /// The two backends of one keyring may share a root key file; what they derive from it differs.
    @Test func aRootKeyFileMayServeTwoBackends() throws {
        let file = folder.path.appending("shared.key")
        try S3ManagedKeys.initialize(keyring: keyring, rootKey: .file(file))
        _ = try service(creates: true, settings: ["root-key-file": file.string])
        #expect(opening() == nil)
        #expect(TemporaryFolder.list(inner) == ["keyring"])
    }

    @Test(arguments: [
        (["root-key": "/x"], false), (["account": "1"], false), (["account": "00000000000x"], false),
        (["region": ""], false), (["region": "EU"], false), (["account": "000000000000"], true),
        (["region": "us-east-1"], true), (["scrypt-cost-exponent": "12"], true),
    ])
    func settingsThatDoNotApplyAreRefused(_ settings: [String: String], _ exists: Bool) throws {
        if exists { _ = try service(creates: true) }
        let error = #expect(throws: KeyBackendError.self) { _ = try service(creates: !exists, settings: settings) }
        #expect(error?.code == .invalidRequest)
        #expect(TemporaryFolder.list(folder.path) == (exists ? ["keyring"] : []))
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o666] as [CModeT])
    func aKeyringThatOthersMayReachIsRefused(_ mode: CModeT) throws {
        _ = try service(creates: true)
        try TestFile.setMode(mode, of: document)
        #expect(opening() == .unsafePermissions)
    }

    @Test func thereIsOneKeyringInAFolder() throws {
        #expect(opening() == .keyringMissing)
        _ = try service(creates: true)
        let before = try TestFile.read(document)
        let error = #expect(throws: KeyBackendError.self) { _ = try service(creates: true) }
        #expect(error?.code == .keyringExists)
        #expect(try TestFile.read(document) == before)
    }

    // MARK: - Damage

    @Test func everyFlippedBitAndEveryTruncationIsSeen() async throws {
        let service = try service(creates: true)
        _ = try await service.createAlias("alias/a", targetKeyID: try await service.createKey(description: "é").keyID)
        let content = try TestFile.read(document)
        for index in content.indices {
            var damaged = content
            damaged[index] ^= UInt8(1 << (index % 8))
            try TestFile.write(damaged, to: document)
            // A changed version number says: made by a newer program.
            #expect(opening() == (index == 8 || index == 9 ? .unsupported : .keyringDamaged), "byte \(index)")
            try TestFile.write(content.prefix(index), to: document)
            #expect(opening() == .keyringDamaged)
        }
        try TestFile.write(content + [0], to: document)
        #expect(opening() == .keyringDamaged)
    }

    /// Somebody who knows the format repairs the checksum after his change: the code over all tells.
    @Test func everyByteIsAuthentic() async throws {
        let service = try service(creates: true)
        _ = try await service.createAlias("alias/a", targetKeyID: try await service.createKey().keyID)
        let content = try TestFile.read(document)
        for index in content.indices.dropLast(4) {
            var body = Array(content.dropLast(4))
            body[index] ^= 1
            body.appendLittleEndian(CRC32C.checksum(unsafe body.span.bytes))
            try TestFile.write(body, to: document)
            #expect(opening() != nil, "byte \(index)")
        }
    }

    @Test func hostileDocumentsNeverTrap() async throws {
        let service = try service(creates: true)
        for _ in 0..<3 { _ = try await service.createKey(description: "some text") }
        let content = try TestFile.read(document)
        var random = SplitMix64(state: 5)
        for _ in 0..<5000 {
            var mutant = content
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                mutant[Int.random(in: 8..<mutant.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            mutant.removeLast(Int.random(in: 0...min(64, mutant.count - 8), using: &random))
            var body = Array(mutant.dropLast(4))
            body.appendLittleEndian(CRC32C.checksum(unsafe body.span.bytes))
            if let (file, _) = try? KeyringFile.decode(body, ServiceKeyring.kind) { _ = try? ServiceDocument(file) }
        }
    }

    // MARK: - Faults and crashes

    private static let steps: [KeyringFolder.FileStep] = [
        .removeLeftover, .createTemporary, .writeTemporary, .renameTemporary, .synchronizeFolder,
    ]

    @Test(arguments: steps)
    func aStepThatFailsChangesNothingOrAll(_ step: KeyringFolder.FileStep) async throws {
        let isFailing = Mutex(false)
        let service = try service(creates: true) { (next) throws(KeyBackendError) in
            if next == step, isFailing.withLock({ $0 }) { throw KeyBackendError(.unavailable, "the disk fails") }
        }
        let key = try await service.createKey()
        let sealed = try await service.generateDataKey(keyID: key.arn).wrapped
        isFailing.withLock { $0 = true }
        let error = await #expect(throws: KeyServiceError.self) { _ = try await service.rotateKey(key.arn) }
        #expect(error?.code == .internalFailure)
        // What may not be durable is not used.
        #expect(try await service.describeKey(key.arn) == key)
        #expect(try await service.generateDataKey(keyID: key.arn).wrapped.keyVersion == key.currentMaterialID)
        isFailing.withLock { $0 = false }
        let isReplaced = step == .synchronizeFolder
        if isReplaced {
            // Whether the new document survives a crash is unknown: it is not written over, but read anew.
            let error = await #expect(throws: KeyServiceError.self) { _ = try await service.createKey() }
            #expect((error?.underlying as? KeyBackendError)?.code == .unavailable)
        } else {
            #expect(try await service.rotateKey(key.arn).materialCount == 2)
        }
        let reopened = try self.service()
        _ = try await reopened.decrypt(sealed)
        #expect(try await reopened.describeKey(key.arn).materialCount == 2)
    }

    @Test(arguments: steps)
    func aKeyringWhoseMakingFailsIsAbsentOrWhole(_ step: KeyringFolder.FileStep) throws {
        #expect(throws: KeyBackendError.self) {
            _ = try service(creates: true) { (next) throws(KeyBackendError) in
                if next == step { throw KeyBackendError(.unavailable, "the disk fails") }
            }
        }
        #expect(opening() == (step == .synchronizeFolder ? nil : .keyringMissing))
        if step != .synchronizeFolder { _ = try service(creates: true) }
        #expect(opening() == nil)
    }

    /// The process ends before each step of a change, and of a replacement of the root key.
    @Test(arguments: steps + [.removeRootKey], [false, true])
    func aCrashLeavesTheOldOrTheNewDocument(
        _ step: KeyringFolder.FileStep, _ replacesRootKey: Bool
    ) async throws {
        let service = try service(creates: true)
        let generated = try await service.generateDataKey()
        await service.close()
        await #expect(processExitsWith: replacesRootKey || step != .removeRootKey ? .exitCode(7) : .exitCode(8)) {
            [path = keyring.string as String, step = step.rawValue as String, replacesRootKey] in
            let service = try KeyService(
                KeyBackendConfiguration(keyring: FilePath(path)), ProcessKeyBackendHost.silent
            ) { (next) throws(KeyBackendError) in if next.rawValue == step { _exit(7) } }
            if replacesRootKey {
                try await service.replaceRootKey(.recorded)
            } else {
                _ = try await service.rotateKey(KeyService.defaultKeyID)
            }
            _exit(8)
        }
        let reopened = try self.service()
        #expect(try await reopened.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
        let isChanged = step == .synchronizeFolder || step == .removeRootKey
        #expect(
            try await reopened.describeKey().materialCount == (isChanged && !replacesRootKey ? 2 : 1))
        // The next change finds its way past what the crash has left.
        _ = try await reopened.rotateKey(KeyService.defaultKeyID)
        try await reopened.replaceRootKey(.recorded)
        #expect(try await self.service().decrypt(generated.wrapped).isEqual(to: generated.plaintext))
    }

    /// The new root key is in force by then: the service goes on with it, and the old file is left.
    @Test func anOldRootKeyFileThatCannotBeRemovedIsLeft() async throws {
        let service = try service(creates: true) { (next) throws(KeyBackendError) in
            if next == .removeRootKey { throw KeyBackendError(.unavailable, "the disk fails") }
        }
        let generated = try await service.generateDataKey()
        let error = await #expect(throws: KeyBackendError.self) { try await service.replaceRootKey(.recorded) }
        #expect(error?.code == .unavailable)
        #expect(TemporaryFolder.list(inner).count == 3)
        let key = try await service.createKey()
        let reopened = try self.service()
        #expect(try await reopened.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
        #expect(try await reopened.describeKey(key.arn) == key)
    }

    /// The story: the old root key was only unlinked, and what it had sealed was, too.
    @Test func aReplacedRootKeyAndWhatItSealedAreOverwritten() async throws {
        let service = try service(creates: true)
        let files = try TemporaryFolder.list(inner).map { try FileDescriptor.open(inner.appending($0), .readOnly) }
        defer { for file in files { try? file.close() } }
        #expect(files.count == 2)
        try await service.replaceRootKey(.recorded)
        for file in files {
            var bytes = [UInt8](repeating: 1, count: 32)
            let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            #expect(count == 32 && bytes.allSatisfy { $0 == 0 })
        }
    }

    // MARK: - Others

    @Test func aKeyringThatIsBeingChangedIsNotChangedByAnother() async throws {
        let service = try service(creates: true)
        let held = try KeyringFolder.open(keyring: keyring, ServiceKeyring.kind)
        try held.lock()
        let error = await #expect(throws: KeyServiceError.self) { _ = try await service.createKey() }
        #expect((error?.underlying as? KeyBackendError)?.code == .unavailable)
        // Reading waits for nobody.
        _ = try await service.generateDataKey()
        held.unlock()
        _ = try await service.createKey()
    }

    @Test func aChangeByAnotherProcessIsNotOverwritten() async throws {
        let one = try service(creates: true)
        let two = try service()
        let key = try await one.createKey()
        let error = await #expect(throws: KeyServiceError.self) { _ = try await two.createKey() }
        #expect((error?.underlying as? KeyBackendError)?.code == .unavailable)
        #expect(error?.message.contains("open it again") == true)
        #expect(try await self.service().describeKey(key.arn) == key)
        _ = try await one.createKey()
    }

    @Test func theRootKeyCanBeReplaced() async throws {
        let service = try service(creates: true)
        let old = try #require(TemporaryFolder.list(inner).first { $0.hasPrefix("root-") })
        let key = try await service.createKey()
        _ = try await service.rotateKey(key.arn)
        let generated = try await service.generateDataKey(keyID: key.arn)
        try await service.replaceRootKey(.passphrase(try secret("new")), scryptCostExponent: 10)
        #expect(TemporaryFolder.list(inner) == ["keyring"])
        #expect(opening() == .invalidRequest)
        // The service goes on, also with materials that it has not opened yet, and with changes.
        #expect(try await service.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
        _ = try await service.generateDataKey()
        _ = try await service.rotateKey(key.arn)
        let reopened = try await KeyService.open(
            keyring: keyring, rootKey: .passphrase(try secret("new")), audit: .off)
        #expect(try await reopened.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
        try await reopened.replaceRootKey(.recorded)
        #expect(TemporaryFolder.list(inner).count == 2 && !TemporaryFolder.list(inner).contains(old))
        #expect(try await self.service().decrypt(generated.wrapped).isEqual(to: generated.plaintext))
    }

    private func secret(_ text: String) throws -> SecretBytes {
        let bytes = Array(text.utf8)
        // Safe: bytes have no padding to be read.
        return try SecretBytes(copying: unsafe bytes.span.bytes)
    }
}
