import Glibc
import StrongroomCrypto
import StrongroomKeys
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKeyring
@testable import StrongroomS3ManagedKeys

/// Attacks 12 and 21, and what a disk or a fool does to a keyring: wrong secrets, damage and loose
/// permissions are three different errors, and none of them opens anything.
@Suite struct KeyringFaultTests {
    let folder = TemporaryFolder()

    var keyring: FilePath { folder.path.appending("keyring") }
    var inner: FilePath { keyring.appending("s3-managed") }
    var document: FilePath { inner.appending("keyring") }

    private func passphrase(_ text: String) throws -> SecretBytes {
        let bytes = Array(text.utf8)
        // Safe: bytes have no padding to be read.
        return try SecretBytes(copying: unsafe bytes.span.bytes)
    }

    private func create(_ rootKey: consuming S3ManagedKeys.RootKey = .recorded) throws {
        try S3ManagedKeys.initialize(keyring: keyring, rootKey: rootKey)
    }

    private func createWithPassphrase(_ text: String) throws {
        try S3ManagedKeys.initialize(
            keyring: keyring, rootKey: .passphrase(try passphrase(text)), scryptCostExponent: 10)
    }

    /// The code with which opening fails; nil where it opens.
    private func open(_ rootKey: consuming S3ManagedKeys.RootKey = .recorded) throws -> KeyBackendError.Code? {
        let configuration = S3ManagedKeys.configuration(keyring: keyring, rootKey: rootKey)
        do throws(KeyBackendError) {
            _ = try S3ManagedBackend(configuration, ProcessKeyBackendHost.silent)
            return nil
        } catch {
            return error.code
        }
    }

    private var rootKeyFile: FilePath {
        get throws {
            let name = try #require(TemporaryFolder.list(inner).first { $0.hasSuffix(".key") })
            return inner.appending(name)
        }
    }

    // MARK: - Secrets

    @Test func aWrongPassphraseIsNotDamage() throws {
        try createWithPassphrase("correct horse")
        #expect(try open(.passphrase(try passphrase("correct horse"))) == nil)
        for wrong in ["correct horse ", "Correct horse", "x"] {
            #expect(try open(.passphrase(try passphrase(wrong))) == .wrongSecret)
        }
        #expect(try open() == .invalidRequest)
        #expect(try open(.file("/tmp/x")) == .invalidRequest)
    }

    @Test func aWrongRootKeyIsNotDamage() throws {
        try create()
        #expect(try open() == nil)
        let other = folder.path.appending("other.key")
        try TestFile.write([UInt8](repeating: 7, count: 32), to: other)
        #expect(try open(.file(other)) == .wrongSecret)
        #expect(try open(.passphrase(try passphrase("x"))) == .invalidRequest)
    }

    @Test func aRootKeyFileElsewhereIsMadeOrRead() throws {
        let file = folder.path.appending("my.key")
        try create(.file(file))
        #expect(try TestFile.read(file).count == 32)
        #expect(try open() == nil)
        #expect(TemporaryFolder.list(inner) == ["keyring"])
        // The same file opens another keyring: it is read, not replaced.
        let content = try TestFile.read(file)
        try S3ManagedKeys.initialize(keyring: folder.path.appending("second"), rootKey: .file(file))
        #expect(try TestFile.read(file) == content)
    }

    @Test(arguments: [0, 31, 33])
    func aRootKeyFileOfAnotherSizeIsDamage(_ count: Int) throws {
        try create()
        try TestFile.write([UInt8](repeating: 1, count: count), to: try rootKeyFile)
        #expect(try open() == .keyringDamaged)
    }

    @Test func aMissingRootKeyFileIsMissing() throws {
        try create()
        #expect(unsafe unlink(try rootKeyFile.string) == 0)
        #expect(try open() == .keyringMissing)
    }

    // MARK: - Permissions

    /// In a process of its own, because the mask is the whole process's and other tests make files too.
    @Test func whatIsMadeIsNobodyElses() async throws {
        await #expect(processExitsWith: .success) {
            umask(0)
            let test = KeyringFaultTests()
            try test.create()
            let paths = [
                (test.keyring, 0o700), (test.inner, 0o700), (test.document, 0o600), (try test.rootKeyFile, 0o600),
            ]
            for (path, mode) in paths {
                var status = stat()
                #expect(unsafe lstat(path.string, &status) == 0)
                #expect(Int(status.st_mode & 0o7777) == mode)
            }
        }
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o644, 0o666] as [CModeT])
    func aSecretThatOthersMayReachIsRefused(_ mode: CModeT) throws {
        try create()
        for path in [try rootKeyFile, document] {
            try TestFile.setMode(mode, of: path)
            #expect(try open() == .unsafePermissions)
            try TestFile.setMode(0o600, of: path)
            #expect(try open() == nil)
        }
    }

    @Test(arguments: [0o750, 0o705, 0o770, 0o777, 0o1777] as [CModeT])
    func aFolderThatOthersMayEnterIsRefused(_ mode: CModeT) throws {
        try create()
        try TestFile.setMode(mode, of: inner)
        #expect(try open() == .unsafePermissions)
    }

    @Test func aKeyringThatOthersMayWriteIsRefused() throws {
        try create()
        try TestFile.setMode(0o777, of: keyring)
        #expect(try open() == .unsafePermissions)
    }

    @Test func aSymbolicLinkInPlaceOfASecretIsRefused() throws {
        try create()
        for path in [try rootKeyFile, document] {
            let moved = folder.path.appending("moved")
            #expect(unsafe rename(path.string, moved.string) == 0)
            #expect(unsafe symlink(moved.string, path.string) == 0)
            #expect(try open() == .unsafePermissions)
            #expect(unsafe unlink(path.string) == 0 && rename(moved.string, path.string) == 0)
        }
    }

    @Test func aSecretWithASecondNameIsRefused() throws {
        try create()
        for path in [try rootKeyFile, document] {
            let second = folder.path.appending("second")
            #expect(unsafe link(path.string, second.string) == 0)
            #expect(try open() == .unsafePermissions)
            #expect(unsafe unlink(second.string) == 0)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func aSecretOfAnotherUserIsRefused() throws {
        try create()
        for path in [try rootKeyFile, document] {
            #expect(unsafe chown(path.string, 65534, 65534) == 0)
            #expect(try open() == .unsafePermissions)
            #expect(unsafe chown(path.string, 0, 0) == 0)
        }
    }

    /// Somebody has put a link where a temporary file will be: it is not followed.
    @Test func aLinkInTheWayOfATemporaryFileIsNotFollowed() throws {
        let victim = folder.path.appending("victim")
        try TestFile.write("precious".utf8, to: victim)
        #expect(unsafe mkdir(keyring.string, 0o700) == 0 && mkdir(inner.string, 0o700) == 0)
        #expect(unsafe symlink(victim.string, inner.appending("keyring.new").string) == 0)
        try create()
        #expect(try TestFile.read(victim) == Array("precious".utf8))
        #expect(try open() == nil)
    }

    // MARK: - Damage

    @Test func everyFlippedBitIsSeenAndIsNotAWrongSecret() throws {
        try create()
        let content = try TestFile.read(document)
        for index in content.indices {
            var damaged = content
            damaged[index] ^= UInt8(1 << (index % 8))
            try TestFile.write(damaged, to: document)
            let code = try open()
            // A changed version number says: made by a newer program.
            #expect(code == (index == 8 || index == 9 ? .unsupported : .keyringDamaged), "byte \(index)")
        }
    }

    @Test func everyTruncationIsSeen() throws {
        try create()
        let content = try TestFile.read(document)
        for count in content.indices {
            try TestFile.write(content.prefix(count), to: document)
            #expect(try open() == .keyringDamaged)
        }
        try TestFile.write(content + [0], to: document)
        #expect(try open() == .keyringDamaged)
    }

    /// Somebody who knows the format repairs the checksum after his change; without the root key he
    /// cannot repair the authentication code.
    @Test func anAlteredKeyringIsNotAuthentic() throws {
        try create()
        let (file, code) = try KeyringFile.decode(try TestFile.read(document), Keyring.kind)
        let original = try KeyringDocument(file)
        var alterations: [KeyringDocument] = []
        var altered = original
        altered.header.createdMilliseconds += 1
        alterations.append(altered)
        altered = original
        altered.entries[0].createdMilliseconds += 1
        alterations.append(altered)
        altered = original
        (altered.entries[0].sealedKey, altered.entries[1].sealedKey) = (
            original.entries[1].sealedKey, original.entries[0].sealedKey
        )
        alterations.append(altered)
        altered = original
        altered.entries[0].sealedKey[60] ^= 1
        alterations.append(altered)
        for alteration in alterations {
            try TestFile.write(alteration.file.encoded(code: code), to: document)
            #expect(try open() == .keyringDamaged)
        }
        // Another id makes another check value of the same root key.
        altered = original
        altered.header.keyringID[0] ^= 1
        try TestFile.write(altered.file.encoded(code: code), to: document)
        #expect(try open() == .wrongSecret)
    }

    @Test func aMissingOrRepeatedVersionIsDamage() throws {
        try create()
        let (file, code) = try KeyringFile.decode(try TestFile.read(document), Keyring.kind)
        let original = try KeyringDocument(file)
        var variants: [[KeyringDocument.Entry]] = [[], [original.entries[0]], original.entries.reversed()]
        variants.append([original.entries[0], original.entries[0], original.entries[1]])
        var second = original.entries[0]
        second.version = 3
        variants.append([original.entries[0], second, original.entries[1]])
        for entries in variants {
            var altered = original
            altered.entries = entries
            let bytes = altered.file.encoded(code: code)
            #expect(throws: KeyBackendError.self) {
                try KeyringDocument(try KeyringFile.decode(bytes, Keyring.kind).file)
            }
        }
    }

    @Test func hostileDocumentsNeverTrap() throws {
        try create()
        let content = try TestFile.read(document)
        var random = SplitMix64(state: 12)
        for _ in 0..<5000 {
            var mutant = content
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                mutant[Int.random(in: 8..<mutant.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            mutant.removeLast(Int.random(in: 0...min(64, mutant.count - 8), using: &random))
            // With a checksum that fits, so that what lies behind it is reached.
            var body = Array(mutant.dropLast(4))
            body.appendLittleEndian(CRC32C.checksum(unsafe body.span.bytes))
            if let file = try? KeyringFile.decode(body, Keyring.kind).file { _ = try? KeyringDocument(file) }
        }
    }

    // MARK: - Passphrase parameters (attack 21)

    @Test(arguments: [
        "ln=40,r=8,p=1", "ln=21,r=8,p=1", "ln=9,r=8,p=1", "ln=0,r=8,p=1", "ln=-1,r=8,p=1", "ln=17,r=33,p=1",
        "ln=17,r=0,p=1", "ln=17,r=8,p=17", "ln=17,r=8,p=0", "ln=20,r=32,p=1", "ln=9999999999,r=8,p=1", "ln=+17,r=8,p=1",
        "ln=17,r=8", "ln=17,r=8,p=1,x=1", "r=8,ln=17,p=1", "", "ln=١٧,r=8,p=1",
    ])
    func passphraseParametersFromAnEditedFileAreCapped(_ parameters: String) throws {
        let salt = Base64.encode([UInt8](repeating: 1, count: 32))
        let error = #expect(throws: KeyBackendError.self) { try PassphraseParameters("$scrypt$\(parameters)$\(salt)") }
        #expect(error?.code == .keyringDamaged)
    }

    @Test func passphraseParametersSurviveTheirText() throws {
        let salt = Base64.encode(Array(0..<32))
        let text = "$scrypt$ln=17,r=8,p=1$\(salt)"
        #expect(try PassphraseParameters(text).description == text)
        for bad in [
            "scrypt$ln=17,r=8,p=1$\(salt)", "$argon2id$ln=17,r=8,p=1$\(salt)", text + "$", text + "A", text + "=",
            // Taken for 17, 8 and 1: a file with these was another than the one that was authenticated, and opened.
            "$scrypt$ln=017,r=8,p=1$\(salt)", "$scrypt$ln=17,r=08,p=1$\(salt)", "$scrypt$ln=17,r=8,p=01$\(salt)",
        ] {
            #expect(throws: KeyBackendError.self) { try PassphraseParameters(bad) }
        }
    }

    /// RFC 4648, section 10, without padding.
    @Test func base64HasItsVectors() {
        for (text, encoded) in [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ] {
            #expect(Base64.encode(Array(text.utf8)) == encoded)
            #expect(Base64.decode(encoded) == Array(text.utf8))
        }
        // A second spelling of the same bytes is none.
        for bad in ["Zh", "Zm9", "Z", "Zg==", "Z g", "Zm-v"] { #expect(Base64.decode(bad) == nil) }
    }

    // MARK: - Another root key

    @Test func theRootKeyCanBeReplaced() async throws {
        try create()
        let instance = try await KeyBackendInstance.open(
            S3ManagedKeys.table, configuration: S3ManagedKeys.configuration(keyring: keyring))
        let generated = try await instance.generateDataKey(DataKeyRequest())
        try await instance.close()
        let oldFile = try rootKeyFile

        try S3ManagedKeys.replaceRootKey(
            keyring: keyring, new: .passphrase(try passphrase("new")), scryptCostExponent: 10)
        #expect(try open() == .invalidRequest)
        #expect(try open(.passphrase(try passphrase("new"))) == nil)
        #expect(unsafe access(oldFile.string, F_OK) != 0)

        try S3ManagedKeys.replaceRootKey(
            keyring: keyring, current: .passphrase(try passphrase("new")), new: .recorded)
        #expect(try open(.passphrase(try passphrase("new"))) == .invalidRequest)
        #expect(try rootKeyFile != oldFile)
        let reopened = try await KeyBackendInstance.open(
            S3ManagedKeys.table, configuration: S3ManagedKeys.configuration(keyring: keyring))
        let key = try await reopened.unwrap(generated.wrapped, for: UnwrapRequest())
        #expect(try key.isEqual(to: generated.plaintext))
    }

    /// A crash between the new root key file and the new document leaves both root key files; the old
    /// one still opens, and the next change works. It keeps its hands off the file that no document names.
    @Test func aCrashWhileReplacingLeavesTheOldRootKeyInForce() throws {
        try create()
        try TestFile.write([UInt8](repeating: 9, count: 32), to: inner.appending("root-00000000.key"))
        try TestFile.write("half a docu".utf8, to: inner.appending("keyring.new"))
        #expect(try open() == nil)
        try S3ManagedKeys.replaceRootKey(keyring: keyring, new: .recorded)
        #expect(try open() == nil)
        let names = TemporaryFolder.list(inner)
        #expect(names.count == 3 && names.contains("keyring") && names.contains("root-00000000.key"))
    }

    @Test func twoProcessesDoNotOverwriteEachOthersChange() throws {
        try create()
        let configuration = S3ManagedKeys.configuration(keyring: keyring)
        let one = try S3ManagedBackend(configuration, ProcessKeyBackendHost.silent)
        let two = try S3ManagedBackend(configuration, ProcessKeyBackendHost.silent)
        #expect(try one.rotate(.objects) == 2)
        let error = #expect(throws: KeyBackendError.self) { _ = try two.rotate(.objects) }
        #expect(error?.code == .unavailable)
        #expect(try one.rotate(.objects) == 3)
    }

    @Test func aKeyringThatIsBeingChangedIsNotChangedByAnother() throws {
        try create()
        let backend = try S3ManagedBackend(
            S3ManagedKeys.configuration(keyring: keyring), ProcessKeyBackendHost.silent)
        let held = try KeyringFolder.open(keyring: keyring, Keyring.kind)
        try held.lock()
        let error = #expect(throws: KeyBackendError.self) { _ = try backend.rotate(.objects) }
        #expect(error?.code == .unavailable)
        held.unlock()
        #expect(try backend.rotate(.objects) == 2)
    }
}
