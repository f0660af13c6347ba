import Glibc
import StrongroomCrypto
import StrongroomKeyTrail
import StrongroomKeys
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomGlacierKeys
@testable import StrongroomKeyring

/// What a disk, a crash or a second process does to the archive's keyring. What is common to all keyrings is in
/// KeyringFaultTests and KeyringLossTests; here is what an epoch adds.
@Suite struct GlacierKeyringFaultTests {
    let archive = GlacierTestArchive()

    /// Epoch 1 destroyed, epoch 2 retired, epoch 3 current, and a wrap of each.
    private func makeThreeEpochs() throws -> [SealedWrap] {
        let backend = try archive.backend(creates: true)
        var sealed = [try backend.seal([1], boundTo: [1])]
        for number: UInt8 in [2, 3] {
            _ = try backend.rotateEpoch()
            sealed.append(try backend.seal([number], boundTo: [number]))
        }
        #expect(try backend.destroyEpoch(1) == nil)
        return sealed
    }

    // MARK: - Secrets and damage

    @Test func aWrongRootKeyIsNotDamage() throws {
        _ = try makeThreeEpochs()
        let other = archive.folder.path.appending("other.key")
        try TestFile.write([UInt8](repeating: 7, count: 32), to: other)
        #expect(archive.refusal(.file(other)) == .wrongSecret)
        #expect(archive.refusal() == nil)
    }

    @Test func aWrongPassphraseIsNotDamage() throws {
        let right = Array("right".utf8)
        let wrong = Array("wrong".utf8)
        try GlacierKeys.initialize(
            keyring: archive.keyring, rootKey: .passphrase(try SecretBytes(copying: unsafe right.span.bytes)),
            scryptCostExponent: 10)
        #expect(archive.refusal(.passphrase(try SecretBytes(copying: unsafe wrong.span.bytes))) == .wrongSecret)
        #expect(archive.refusal(.passphrase(try SecretBytes(copying: unsafe right.span.bytes))) == nil)
        #expect(archive.refusal() == .invalidRequest)
    }

    @Test func everyByteOfTheKeyringCounts() throws {
        _ = try makeThreeEpochs()
        let content = try TestFile.read(archive.document)
        for index in content.indices {
            var damaged = content
            damaged[index] ^= 0x40
            try TestFile.write(damaged, to: archive.document)
            // A changed version number says: made by a newer program.
            #expect(
                archive.refusal() == (index == 8 || index == 9 ? .unsupported : .keyringDamaged), "byte \(index)")
        }
        for count in stride(from: 0, to: content.count, by: 7) {
            try TestFile.write(content.prefix(count), to: archive.document)
            #expect(archive.refusal() == .keyringDamaged)
        }
        try TestFile.write(content, to: archive.document)
        #expect(archive.refusal() == nil)
    }

    /// The root key signs the whole document: whoever lacks it cannot put an old epoch back, nor take one out.
    @Test func anAlteredEpochIsNotAuthentic() throws {
        let backend = try archive.backend(creates: true)
        _ = try backend.rotateEpoch()
        let before = try KeyringFile.decode(try TestFile.read(archive.document), ArchiveKeyring.kind).file
        _ = try backend.destroyEpoch(1)
        let (after, code) = try KeyringFile.decode(try TestFile.read(archive.document), ArchiveKeyring.kind)
        var resurrected = after
        resurrected.body = before.body
        var swapped = try ArchiveDocument(after)
        swapped.epochs[1].createdMilliseconds += 1
        for file in [resurrected, swapped.file] {
            try TestFile.write(file.encoded(code: code), to: archive.document)
            #expect(archive.refusal() == .keyringDamaged)
        }
    }

    @Test func epochsThatCannotBeAreDamage() throws {
        _ = try makeThreeEpochs()
        let (file, _) = try KeyringFile.decode(try TestFile.read(archive.document), ArchiveKeyring.kind)
        let original = try ArchiveDocument(file)
        #expect(original.file == file)
        let alterations: [(inout ArchiveDocument) -> Void] = [
            { $0.epochs = [] }, { $0.epochs.removeFirst() }, { $0.epochs.swapAt(0, 1) }, { $0.epochs.removeLast() },
            { $0.epochs.append($0.epochs[2]) }, { $0.epochs[2].rotatedMilliseconds = 1 },
            { $0.epochs[1].destroyedMilliseconds = 1 }, { $0.epochs[0].key = .destroyed(receipt: []) },
            { $0.epochs[0].key = .sealed([UInt8](repeating: 0, count: 103)) },
            { $0.epochs[2].key = .destroyed(receipt: [1]) },
        ]
        for alter in alterations {
            var altered = original
            alter(&altered)
            let error = #expect(throws: KeyBackendError.self) { try ArchiveDocument(altered.file) }
            #expect(error?.code == .keyringDamaged)
        }
    }

    @Test func hostileDocumentsNeverTrap() throws {
        _ = try makeThreeEpochs()
        let (file, _) = try KeyringFile.decode(try TestFile.read(archive.document), ArchiveKeyring.kind)
        var random = SplitMix64(state: 21)
        for _ in 0..<5000 {
            var mutant = file
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                mutant.body[Int.random(in: 0..<mutant.body.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            mutant.body.removeLast(Int.random(in: 0...64, using: &random))
            _ = try? ArchiveDocument(mutant)
        }
    }

    // MARK: - Destroying

    /// Neither the new file nor a leftover has the erased key; the replaced file was overwritten in place.
    @Test func anErasedKeyIsInNoFileAnyMore() throws {
        let backend = try archive.backend(creates: true)
        _ = try backend.rotateEpoch()
        let before = try ArchiveDocument(
            try KeyringFile.decode(try TestFile.read(archive.document), ArchiveKeyring.kind).file)
        guard case .sealed(let key) = before.epochs[0].key else { throw KeyBackendError(.moduleFault, "no key") }
        let old = try FileDescriptor.open(archive.document, .readOnly)
        defer { try? old.close() }
        try TestFile.write(try TestFile.read(archive.document), to: archive.inner.appending("keyring.new"))

        #expect(try backend.destroyEpoch(1) == nil)
        for name in TemporaryFolder.list(archive.inner) {
            let content = try TestFile.read(archive.inner.appending(name))
            #expect(!content.contains(key), "\(name)")
        }
        var bytes = [UInt8](repeating: 1, count: 65536)
        let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe old.read(into: $0) }
        #expect(count > 0 && bytes[..<count].allSatisfy { $0 == 0 })
    }

    /// A backup by hard link keeps the bytes: said, not hidden, and the backup is left alone.
    @Test func aFileWithAnotherNameIsNotOverwritten() throws {
        let backend = try archive.backend(creates: true)
        _ = try backend.rotateEpoch()
        let folder = try KeyringFolder.open(keyring: archive.keyring, ArchiveKeyring.kind)
        #expect(folder.documentToOverwrite().overwrite()?.message.contains("hard link") == true)
        #expect(archive.refusal() == nil)
    }

    // MARK: - Two at a time

    /// The second would keep the destroyed key, and could go on sealing under it.
    @Test func anEpochStaysWhileSomebodyElseHasTheKeyringOpen() async throws {
        let one = try archive.backend(creates: true)
        let two = try archive.backend()
        _ = try one.rotateEpoch()
        let content = try TestFile.read(archive.document)
        let error = #expect(throws: KeyBackendError.self) { _ = try one.destroyEpoch(1) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("close it everywhere else") == true)
        #expect(try TestFile.read(archive.document) == content)
        // Still as before: others come and go, and what is sealed opens.
        #expect(archive.refusal() == nil)
        try await two.close()
        #expect(try one.destroyEpoch(1) == nil)
        #expect(archive.refusal() == nil)
        #expect(try one.seal([1], boundTo: [1]).epoch == 2)
    }

    @Test func nobodyOpensAKeyringWhileAKeyIsTakenOut() throws {
        let one = try archive.backend(creates: true)
        let file = try FileDescriptor.open(archive.inner.appending("in-use"), .readOnly)
        defer { try? file.close() }
        #expect(flock(file.rawValue, LOCK_EX | LOCK_NB) != 0)
        withExtendedLifetime(one) {}
        _ = consume one
        #expect(flock(file.rawValue, LOCK_EX | LOCK_NB) == 0)
        #expect(archive.refusal() == .unavailable)
        #expect(flock(file.rawValue, LOCK_UN) == 0)
        #expect(archive.refusal() == nil)
    }

    @Test func twoProcessesDoNotOverwriteEachOthersChange() throws {
        let one = try archive.backend(creates: true)
        let two = try archive.backend()
        #expect(try one.rotateEpoch() == 2)
        for change in [{ _ = try two.rotateEpoch() }, { _ = try two.destroyEpoch(1) }] as [() throws -> Void] {
            let error = #expect(throws: KeyBackendError.self) { try change() }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("open it again") == true)
        }
        #expect(try one.rotateEpoch() == 3)
    }

    @Test func afterClosingNothingWorks() async throws {
        let backend = try archive.backend(creates: true)
        _ = try backend.rotateEpoch()
        try await backend.close()
        for operation in [{ _ = try backend.seal([1], boundTo: [1]) }, { _ = try backend.destroyEpoch(1) }]
            as [() throws -> Void]
        {
            let error = #expect(throws: KeyBackendError.self) { try operation() }
            #expect(error?.code == .closed)
        }
    }

    // MARK: - Crashes

    /// A crash while the new document was being written leaves any beginning of it beside the old one.
    @Test func aCrashBeforeTheRenameLeavesTheOldDocumentInForce() throws {
        let backend = try archive.backend(creates: true)
        let sealed = try backend.seal([1], boundTo: [1])
        _ = try backend.rotateEpoch()
        let before = try TestFile.read(archive.document)
        _ = try backend.destroyEpoch(1)
        let after = try TestFile.read(archive.document)
        _ = consume backend
        for count in stride(from: 0, through: after.count, by: 97) {
            try TestFile.write(before, to: archive.document)
            try TestFile.write(after.prefix(count), to: archive.inner.appending("keyring.new"))
            let reopened = try archive.backend()
            #expect(try sealed.open(boundTo: [1], try reopened.keyring()) == [1])
            #expect(try reopened.destroyEpoch(1) == nil)
            #expect(TemporaryFolder.list(archive.inner).contains("keyring.new") == false)
        }
    }

    /// A process that changes the keyring without end is killed at any time: what is there then is whole, and a
    /// destroyed epoch has its receipt.
    @Test(arguments: 0..<12) func aKillAtAnyPointLeavesTheOldOrTheNewDocument(_ round: Int) async throws {
        let backend = try archive.backend(creates: true)
        _ = try backend.rotateEpoch()
        try await backend.close()
        let (path, microseconds) = (archive.keyring.string, UInt32(500 + round * 3700))
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, microseconds = microseconds as UInt32] in
            let backend = try GlacierBackend(
                GlacierKeys.configuration(keyring: FilePath(path), audit: .off), ProcessKeyBackendHost.silent)
            _ = DedicatedThread(name: "killer") {
                usleep(microseconds)
                kill(getpid(), SIGKILL)
            }
            while true {
                let current = try backend.rotateEpoch()
                _ = try backend.destroyEpoch(current - 1)
            }
        }
        let survivor = try archive.backend()
        let keyring = try survivor.keyring()
        let destroyed = keyring.document.epochs.filter(\.isDestroyed)
        for epoch in destroyed {
            guard case .destroyed(let json) = epoch.key else { continue }
            let receipt = try ShredReceipt(verifying: json, publicKey: keyring.document.receiptPublicKey)
            #expect(receipt.epoch == epoch.number)
        }
        let sealed = try survivor.seal([1], boundTo: [1])
        _ = try survivor.rotateEpoch()
        #expect(try survivor.destroyEpoch(sealed.epoch) == nil)
    }

    // MARK: - A model

    /// Random seals, rotations, destructions and reopenings against a table of what should open.
    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func aRandomHistoryDoesWhatItsModelDoes(_ seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        var backend = try archive.backend(creates: true)
        var current: UInt32 = 1
        var destroyed: Set<UInt32> = []
        var wraps: [(sealed: SealedWrap, content: [UInt8])] = []
        for step in 0..<120 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                current += 1
                #expect(try backend.rotateEpoch() == current)
            case 1:
                let epoch = UInt32.random(in: 1...current, using: &random)
                if epoch == current || destroyed.contains(epoch) {
                    #expect(throws: KeyBackendError.self) { try backend.destroyEpoch(epoch) }
                } else {
                    #expect(try backend.destroyEpoch(epoch) == nil)
                    destroyed.insert(epoch)
                }
            case 2:
                _ = consume backend
                backend = try archive.backend()
            default:
                let content = [UInt8(truncatingIfNeeded: step), 1]
                wraps.append((try backend.seal(content, boundTo: [7]), content))
                #expect(wraps.last?.sealed.epoch == current)
            }
            let keyring = try backend.keyring()
            for (sealed, content) in wraps {
                let opened = try? sealed.open(boundTo: [7], keyring)
                #expect(opened == (destroyed.contains(sealed.epoch) ? nil : content))
            }
        }
    }
}
