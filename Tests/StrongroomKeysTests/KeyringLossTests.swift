import Glibc
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKeyring
@testable import StrongroomS3ManagedKeys

/// What must never happen to a keyring: that the backend itself removes the root key in force, or makes a
/// new keyring over one that is there. Either loses every object for good.
@Suite struct KeyringLossTests {
    let folder = TemporaryFolder()

    var keyring: FilePath { folder.path.appending("keyring") }
    var inner: FilePath { keyring.appending("s3-managed") }
    var document: FilePath { inner.appending("keyring") }

    private func open(_ rootKey: consuming S3ManagedKeys.RootKey = .recorded) throws(KeyBackendError) {
        _ = try S3ManagedBackend(
            S3ManagedKeys.configuration(keyring: keyring, rootKey: rootKey), ProcessKeyBackendHost.silent)
    }

    // MARK: - Root key files

    /// Replacing the root key by a file named by its path in the keyring's own folder recorded that path, and
    /// then removed the file as one that no document named: files were compared by name. Nothing opened again.
    @Test(
        arguments: [
            "keyring/s3-managed/root-2026.key", "keyring/s3-managed/my.key", "keyring/s3-managed/below/root-2026.key",
            "alias/root-2026.key", "aliasBelow/root-2026.key",
        ], [false, true])
    func aRootKeyFileInTheKeyringsOwnFolderIsRefused(_ name: String, _ exists: Bool) throws {
        try S3ManagedKeys.initialize(keyring: keyring)
        let below = inner.appending("below")
        #expect(unsafe mkdir(below.string, 0o700) == 0)
        #expect(unsafe symlink(inner.string, folder.path.appending("alias").string) == 0)
        #expect(unsafe symlink(below.string, folder.path.appending("aliasBelow").string) == 0)
        let file = folder.path.pushing(FilePath(name))
        if exists { try TestFile.write([UInt8](repeating: 3, count: 32), to: file) }
        let (names, content) = (TemporaryFolder.list(inner), try TestFile.read(document))

        let error = #expect(throws: KeyBackendError.self) {
            try S3ManagedKeys.replaceRootKey(keyring: keyring, new: .file(file))
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("leave root-key-file out") == true)
        #expect(TemporaryFolder.list(inner) == names)
        #expect(TemporaryFolder.list(below) == (exists && name.contains("elow") ? ["root-2026.key"] : []))
        #expect(try TestFile.read(document) == content)
        try open()
    }

    @Test func aNewKeyringDoesNotTakeARootKeyFileInItsOwnFolder() throws {
        let file = inner.appending("root-2026.key")
        let error = #expect(throws: KeyBackendError.self) {
            try S3ManagedKeys.initialize(keyring: keyring, rootKey: .file(file))
        }
        #expect(error?.code == .invalidRequest)
        #expect(TemporaryFolder.list(inner) == [])
    }

    /// The keyring beside the backend's folder is the user's: a root key file there is as good as anywhere.
    @Test func aRootKeyFileElsewhereTakesOverAndIsLeftInTheEnd() throws {
        try S3ManagedKeys.initialize(keyring: keyring)
        let file = keyring.appending("root-2026.key")
        try S3ManagedKeys.replaceRootKey(keyring: keyring, new: .file(file))
        #expect(TemporaryFolder.list(inner) == ["keyring"])
        try open()
        try S3ManagedKeys.replaceRootKey(keyring: keyring, new: .file(file))
        try open()
        try S3ManagedKeys.replaceRootKey(keyring: keyring, new: .recorded)
        try open()
        #expect(TemporaryFolder.list(inner).count == 2)
        #expect(try TestFile.read(file).count == 32)
    }

    /// Every file of a name like root-….key was removed, whosever it was.
    @Test func onlyTheRootKeyFileThatWasInForceIsRemoved() throws {
        try S3ManagedKeys.initialize(keyring: keyring)
        let made = try #require(TemporaryFolder.list(inner).first { $0.hasPrefix("root-") })
        let other = inner.appending("root-of-another-keyring.key")
        try TestFile.write([UInt8](repeating: 5, count: 32), to: other)
        try S3ManagedKeys.replaceRootKey(keyring: keyring, new: .recorded)
        let names = TemporaryFolder.list(inner)
        #expect(!names.contains(made))
        #expect(names.count == 3)
        #expect(try TestFile.read(other) == [UInt8](repeating: 5, count: 32))
        try open()
    }

    @Test func aRootKeyFileThatItsOwnerHasMovedCanBeReplaced() throws {
        try S3ManagedKeys.initialize(keyring: keyring)
        let made = try #require(TemporaryFolder.list(inner).first { $0.hasPrefix("root-") })
        let moved = folder.path.appending("moved.key")
        #expect(unsafe rename(inner.appending(made).string, moved.string) == 0)
        try S3ManagedKeys.replaceRootKey(keyring: keyring, current: .file(moved), new: .recorded)
        try open()
        #expect(try TestFile.read(moved).count == 32)
    }

    // MARK: - The document

    /// Whatever had been found out before, the last step was a rename over the document that was there.
    @Test func makingADocumentNeverReplacesOne() throws {
        try S3ManagedKeys.initialize(keyring: keyring)
        let (names, content) = (TemporaryFolder.list(inner), try TestFile.read(document))
        let opened = try KeyringFolder.open(keyring: keyring, Keyring.kind)
        let error = #expect(throws: KeyBackendError.self) { try opened.createDocument([1, 2, 3]) }
        #expect(error?.code == .keyringExists)
        #expect(try TestFile.read(document) == content)
        #expect(TemporaryFolder.list(inner) == names)
        try open()
    }

    /// Any failure to look passed for absence. In a process of its own, which gives root's rights away: a folder
    /// that may be listed but not entered cannot say whether a keyring is in it.
    @Test func aKeyringThatCannotBeLookedForIsNotAbsent() async throws {
        await #expect(processExitsWith: .success) {
            let test = KeyringLossTests()
            if geteuid() == 0 {
                #expect(unsafe chown(test.folder.path.string, 65534, 65534) == 0)
                #expect(setreuid(65534, 65534) == 0)
            }
            let empty = try KeyringFolder.create(keyring: test.keyring, Keyring.kind)
            #expect(try empty.hasDocument() == false)
            try S3ManagedKeys.initialize(keyring: test.keyring)
            #expect(try empty.hasDocument())
            try TestFile.setMode(0o600, of: test.inner)
            let opened = try KeyringFolder.open(keyring: test.keyring, Keyring.kind)
            do throws(KeyBackendError) {
                let found = try opened.hasDocument()
                Issue.record("the folder cannot be entered, and said \(found)")
            } catch {
                #expect(error.code == .unavailable)
                #expect(error.underlying as? Errno == .permissionDenied)
            }
            try TestFile.setMode(0o700, of: test.inner)
            try test.open()
        }
    }

    /// A keyring of a newer program is no damage, and the message says what opens it.
    @Test func aKeyringOfANewerFormatNamesItsRemedy() throws {
        try S3ManagedKeys.initialize(keyring: keyring)
        var content = try TestFile.read(document)
        content[8] = 2
        try TestFile.write(content, to: document)
        let error = #expect(throws: KeyBackendError.self) { try open() }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("format version 2") == true)
        #expect(error?.message.contains("newer version of the program") == true)
    }
}
