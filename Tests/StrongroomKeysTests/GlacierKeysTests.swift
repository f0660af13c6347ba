import StrongroomCrypto
import StrongroomKeyring
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomGlacierKeys

/// The archive keys as the engine uses them: through the contract's table, and back.
@Suite struct GlacierKeysTests {
    let archive = GlacierTestArchive()

    // MARK: - A backend like any other

    @Test func aKeyMadeInOneEpochUnwrapsInTheNext() async throws {
        let instance = try await archive.open(creates: true)
        let generated = try await instance.generateDataKey(DataKeyRequest())
        #expect(generated.wrapped.bytes.count == 104)
        #expect(generated.wrapped.keyID == GlacierKeys.keyID)
        #expect(generated.wrapped.keyVersion == "1")
        #expect(try await ArchiveKeys(instance).rotateEpoch() == 2)
        #expect(try await instance.describe(DescribeRequest()).currentVersion == "2")
        let rewrapped = try await instance.rewrap(generated.wrapped, for: RewrapRequest())
        #expect(rewrapped.keyVersion == "2")
        try await instance.close()

        let reopened = try await archive.open()
        for wrapped in [generated.wrapped, rewrapped] {
            let key = try await reopened.unwrap(wrapped, for: UnwrapRequest())
            #expect(try key.isEqual(to: generated.plaintext))
        }
        var moved = rewrapped
        for (version, code) in [
            ("1", KeyBackendError.Code.invalidCiphertext), ("3", .keyNotFound), ("0", .keyNotFound),
            ("02", .keyNotFound), ("+2", .keyNotFound), ("x", .keyNotFound), ("", .keyNotFound),
        ] {
            moved.keyVersion = version
            #expect(try await refusal { _ = try await reopened.unwrap(moved, for: UnwrapRequest()) } == code)
        }
    }

    @Test func theEncryptionContextIsBound() async throws {
        let instance = try await archive.open(creates: true)
        let context = try EncryptionContext(["object": "a"])
        let wrapped = try await instance.generateDataKey(DataKeyRequest(encryptionContext: context)).wrapped
        _ = try await instance.unwrap(wrapped, for: UnwrapRequest(encryptionContext: context))
        for other in [EncryptionContext.empty, try EncryptionContext(["object": "b"])] {
            let code = try await refusal {
                _ = try await instance.unwrap(wrapped, for: UnwrapRequest(encryptionContext: other))
            }
            #expect(code == .invalidCiphertext)
        }
        #expect(
            try await refusal { _ = try await instance.generateDataKey(DataKeyRequest(keyID: "other")) } == .keyNotFound
        )
    }

    // MARK: - Wraps around wraps

    /// The existing wrap is of another backend, and comes back as it was: its own backend then opens it.
    @Test func anExistingWrapIsSealedAndComesBack() async throws {
        let other = try await KeyBackendInstance.open(
            try ModuleBuilder.load(try ModuleBuilder.sample()).table,
            configuration: KeyBackendConfiguration(keyring: archive.folder.path, creates: true))
        let generated = try await other.generateDataKey(DataKeyRequest())

        let instance = try await archive.open(creates: true)
        let keys = ArchiveKeys(instance)
        let binding = Array("object 1".utf8)
        let sealed = try await keys.seal(generated.wrapped.bytes, boundTo: binding)
        #expect(sealed.epoch == 1)
        #expect(sealed.bytes.count == generated.wrapped.bytes.count + 104)
        var wrapped = generated.wrapped
        wrapped.bytes = try await keys.open(sealed.bytes, boundTo: binding)
        #expect(wrapped == generated.wrapped)
        let key = try await other.unwrap(wrapped, for: UnwrapRequest())
        #expect(try key.isEqual(to: generated.plaintext))
    }

    @Test(arguments: [1, 2, 104, 8191, 8192]) func everyWrapOfTheContractFits(_ size: Int) async throws {
        let keys = ArchiveKeys(try await archive.open(creates: true))
        let wrap = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for binding in [[0], [UInt8](repeating: 1, count: 16384)] {
            let sealed = try await keys.seal(wrap, boundTo: binding)
            #expect(try await keys.open(sealed.bytes, boundTo: binding) == wrap)
            #expect(sealed.bytes.count == size + 104)
        }
    }

    @Test func whatIsEmptyOrTooLargeIsRefused() async throws {
        let keys = ArchiveKeys(try await archive.open(creates: true))
        for (wrap, binding) in [(0, 1), (8193, 1), (500_000, 1), (1, 0), (1, 16385)] {
            let error = await #expect(throws: KeyBackendError.self) {
                _ = try await keys.seal(
                    [UInt8](repeating: 1, count: wrap), boundTo: [UInt8](repeating: 1, count: binding))
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains(wrap == 1 ? "1 to 16384 bytes" : "1 to 8192 bytes") == true)
        }
        #expect(
            try await refusal { _ = try await keys.open([UInt8](repeating: 1, count: 8297), boundTo: [1]) }
                == .invalidRequest)
    }

    @Test func everyByteOfASealedWrapCounts() async throws {
        let keys = ArchiveKeys(try await archive.open(creates: true))
        _ = try await keys.rotateEpoch()
        let sealed = try await keys.seal([1, 2, 3], boundTo: [9]).bytes
        for index in sealed.indices {
            for bit: UInt8 in [1, 0x80] {
                var damaged = sealed
                damaged[index] ^= bit
                let code = try await refusal { _ = try await keys.open(damaged, boundTo: [9]) }
                #expect(code == .invalidCiphertext, "byte \(index)")
            }
        }
        for count in sealed.indices.dropFirst() {
            let code = try await refusal { _ = try await keys.open(Array(sealed.prefix(count)), boundTo: [9]) }
            #expect(code == .invalidCiphertext)
        }
        #expect(try await refusal { _ = try await keys.open(sealed + [0], boundTo: [9]) } == .invalidCiphertext)
    }

    /// Somebody who knows the format repairs the checksum after moving a wrap to another epoch.
    @Test func aWrapCannotBeMoved() async throws {
        let keys = ArchiveKeys(try await archive.open(creates: true))
        let sealed = try await keys.seal([1, 2, 3], boundTo: [9, 9]).bytes
        for binding: [UInt8] in [[9], [9, 9, 9], [9, 8], [0]] {
            #expect(try await refusal { _ = try await keys.open(sealed, boundTo: binding) } == .invalidCiphertext)
            #expect(try await refusal { _ = try await keys.reseal(sealed, boundTo: binding) } == .invalidCiphertext)
        }
        _ = try await keys.rotateEpoch()
        let moved = GlacierTestArchive.forged(sealed) { $0[8] = 2 }
        #expect(try await refusal { _ = try await keys.open(moved, boundTo: [9, 9]) } == .invalidCiphertext)
        let beyond = GlacierTestArchive.forged(sealed) { $0[9] = 1 }
        #expect(try await refusal { _ = try await keys.open(beyond, boundTo: [9, 9]) } == .keyNotFound)
        let newer = GlacierTestArchive.forged(sealed) { $0[4] = 2 }
        #expect(try await refusal { _ = try await keys.open(newer, boundTo: [9, 9]) } == .unsupported)
        let foreign = ArchiveKeys(try await GlacierTestArchive().open(creates: true))
        #expect(try await refusal { _ = try await foreign.open(sealed, boundTo: [9, 9]) } == .incorrectKey)
        #expect(try await keys.open(sealed, boundTo: [9, 9]) == [1, 2, 3])
    }

    // MARK: - Epochs

    @Test func whatADestroyedEpochSealedIsGoneAndAllElseOpens() async throws {
        let instance = try await archive.open(creates: true)
        let keys = ArchiveKeys(instance)
        let lost = try await keys.seal([1], boundTo: [1]).bytes
        let lostKey = try await instance.generateDataKey(DataKeyRequest()).wrapped
        let kept = try await keys.seal([2], boundTo: [2]).bytes
        _ = try await keys.rotateEpoch()
        let second = try await keys.seal([3], boundTo: [3]).bytes
        let moved = try await keys.reseal(kept, boundTo: [2])
        #expect(moved.epoch == 2)
        _ = try await keys.rotateEpoch()

        let destruction = try await keys.destroyEpoch(
            1, confirmation: archive.confirmation(1), acceptingUnknownDependencies: true)
        #expect(destruction.receipt.epoch == 1)
        #expect(destruction.isPreviousFileOverwritten)
        try await instance.close()
        let reopened = try await archive.open()
        for instance in [reopened] {
            let keys = ArchiveKeys(instance)
            for sealed in [lost, kept] {
                let error = await #expect(throws: KeyBackendError.self) {
                    _ = try await keys.open(sealed, boundTo: [1])
                }
                #expect(error?.code == .keyNotFound)
                #expect(error?.message.contains("was destroyed on 20") == true)
            }
            #expect(
                try await refusal { _ = try await instance.unwrap(lostKey, for: UnwrapRequest()) } == .keyNotFound)
            #expect(try await keys.open(second, boundTo: [3]) == [3])
            #expect(try await keys.open(moved.bytes, boundTo: [2]) == [2])
            #expect(try await keys.shredReceipt(of: 1) == destruction.receipt)
            #expect(try await keys.seal([4], boundTo: [4]).epoch == 3)
        }
    }

    @Test func anEpochIsNotDestroyedByAccident() async throws {
        let instance = try await archive.open(creates: true)
        let keys = ArchiveKeys(instance)
        let current = try await refusal {
            _ = try await keys.destroyEpoch(
                1, confirmation: try archive.confirmation(1), acceptingUnknownDependencies: true)
        }
        #expect(current == .invalidKeyState)
        _ = try await keys.rotateEpoch()
        let other = GlacierTestArchive()
        _ = try await other.open(creates: true)
        for confirmation in ["", "yes", "destroy epoch 1", try archive.confirmation(2), try other.confirmation(1)] {
            let error = await #expect(throws: KeyBackendError.self) {
                _ = try await keys.destroyEpoch(1, confirmation: confirmation, acceptingUnknownDependencies: true)
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains(try archive.confirmation(1)) == true)
        }
        for (epoch, code) in [(UInt32(0), KeyBackendError.Code.keyNotFound), (3, .keyNotFound)] {
            let found = try await refusal {
                _ = try await keys.destroyEpoch(
                    epoch, confirmation: try archive.confirmation(epoch), acceptingUnknownDependencies: true)
            }
            #expect(found == code)
        }
        #expect(try await refusal { _ = try await keys.shredReceipt(of: 1) } == .invalidKeyState)
        _ = try await keys.destroyEpoch(
            1, confirmation: try archive.confirmation(1), acceptingUnknownDependencies: true)
        let again = await #expect(throws: KeyBackendError.self) {
            _ = try await keys.destroyEpoch(
                1, confirmation: try archive.confirmation(1), acceptingUnknownDependencies: true)
        }
        #expect(again?.code == .keyNotFound)
        #expect(again?.message.contains("shred-receipt") == true)
    }

    // MARK: - Control

    @Test(arguments: [
        (#"{"operation":"no-such"}"#, KeyBackendError.Code.unsupported),
        (#"{"operation":"status","more":1}"#, .invalidRequest),
        (#"{"operation":"rotate-epoch","epoch":1}"#, .invalidRequest),
        (#"{"operation":"destroy-epoch"}"#, .invalidRequest), (#"{"operation":"shred-receipt"}"#, .invalidRequest),
        (#"{"operation":"destroy-epoch","epoch":"1"}"#, .invalidRequest),
        (#"{"operation":"destroy-epoch","epoch":-1}"#, .invalidRequest),
        (#"{"operation":"destroy-epoch","epoch":1.0}"#, .invalidRequest),
        (#"{"operation":"destroy-epoch","epoch":4294967297}"#, .invalidRequest),
        (#"{"operation":"destroy-epoch","epoch":1,"confirm":true}"#, .invalidRequest),
        (#"{"operation":"seal-wrap","wrap":"AQ=="}"#, .invalidRequest),
        (#"{"operation":"seal-wrap","wrap":"AQ","context":"AQ=="}"#, .invalidRequest),
        (#"{"operation":"seal-wrap","wrap":"AQ==","context":"AQ==","epoch":1}"#, .invalidRequest),
        (#"{"operation":"open-wrap","sealedWrap":"AQ==","context":"AQ=="}"#, .invalidCiphertext),
        (#"{"operation":1}"#, .invalidRequest), ("[]", .invalidRequest),
    ])
    func aControlRequestThatIsNotUnderstoodIsRefused(_ json: String, _ code: KeyBackendError.Code) async throws {
        let instance = try await archive.open(creates: true)
        #expect(try await refusal { _ = try await instance.control(ControlRequest(json: Array(json.utf8))) } == code)
    }

    @Test func statusTellsEpochsAndWhatTheySealed() async throws {
        let instance = try await archive.open(creates: true)
        let keys = ArchiveKeys(instance)
        for _ in 0..<3 { _ = try await keys.seal([1], boundTo: [1]) }
        _ = try await keys.rotateEpoch()
        _ = try await instance.generateDataKey(DataKeyRequest())
        _ = try await keys.rotateEpoch()
        _ = try await keys.destroyEpoch(
            1, confirmation: try archive.confirmation(1), acceptingUnknownDependencies: true)
        let status = try await archive.status(instance)
        #expect(status["backend"] == .string("glacier"))
        #expect(status["rootKey"] == .string("file"))
        #expect(status["currentEpoch"] == .number("3"))
        guard case .array(let epochs)? = status["epochs"] else { throw KeyBackendError(.moduleFault, "no epochs") }
        let members = epochs.map { epoch -> [String: JSONValue] in
            if case .object(let members) = epoch { members } else { [:] }
        }
        #expect(members.map { $0["state"] } == ["destroyed", "retired", "current"].map { JSONValue.string($0) })
        #expect(members.map { $0["sealedSinceOpening"] } == ["3", "1", "0"].map { JSONValue.number($0) })
        #expect(members.map { $0["destroyedMilliseconds"] == nil } == [false, true, true])
        #expect(members.map { $0["rotatedMilliseconds"] == nil } == [false, false, true])
    }

    /// The largest number of epochs has a status and a file that stay within their bounds.
    @Test func theBoundsOfAKeyringFitEachOther() throws {
        let epochSizeBytes = 36 + max(ArchiveDocument.sealedKeySizeBytes, ArchiveDocument.receiptSizeBytesMax)
        #expect(ArchiveDocument.epochCountMax * epochSizeBytes + 8192 <= 16 << 20)
        let longest = String(Int64.min)
        let entry = JSONValue.object([
            "epoch": .number("4096"), "createdMilliseconds": .number(longest), "rotatedMilliseconds": .number(longest),
            "destroyedMilliseconds": .number(longest), "sealedSinceOpening": .number(longest),
            "state": .string("destroyed"),
        ])
        #expect((entry.encoded().count + 1) * ArchiveDocument.epochCountMax + 8192 <= 1 << 20)
    }

    func refusal(_ body: () async throws -> Void) async throws -> KeyBackendError.Code? {
        do {
            try await body()
            return nil
        } catch let error as KeyBackendError {
            return error.code
        }
    }
}
