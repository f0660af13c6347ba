import StrongroomCrypto
import StrongroomPKCS11Keys
import Testing

@testable import StrongroomKeys

/// The backend's operations through the contract, at a token that is well.
@Suite struct TokenKeysTests {
    let token: TestToken

    init() throws { token = try TestToken() }

    @Test func whatWasWrappedIsOpenedAgain() async throws {
        let instance = try await token.open(creates: true)
        #expect(instance.table.name == "pkcs11" && instance.table.bindsContext)
        let description = try await instance.describe(DescribeRequest())
        #expect(description.keyID == "strongroom/default" && description.health == .ready)
        let context = try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::photos/1"])
        let generated = try await instance.generateDataKey(
            DataKeyRequest(keyID: "strongroom/default", encryptionContext: context))
        let wrapped = generated.wrapped
        let key = SharedSecret(generated.takePlaintext())
        #expect(wrapped.keyID == description.keyID && wrapped.keyVersion == description.currentVersion)
        #expect(wrapped.bytes.count == 172)
        #expect(try await instance.isOpened(wrapped, to: key, context))
        let again = try await instance.rewrap(wrapped, for: RewrapRequest(encryptionContext: context))
        #expect(again.keyVersion == wrapped.keyVersion && again.bytes != wrapped.bytes)
        #expect(try await instance.isOpened(again, to: key, context))
        try await instance.close()
        let reopened = try await token.open()
        #expect(try await reopened.isOpened(wrapped, to: key, context))
    }

    @Test func anotherContextIsRefused() async throws {
        let instance = try await token.open(creates: true)
        let context = try EncryptionContext(["a": "bc"])
        let wrapped = try await instance.generateDataKey(DataKeyRequest(encryptionContext: context)).wrapped
        for other in [EncryptionContext.empty, try EncryptionContext(["ab": "c"]), try EncryptionContext(["a": "bC"])] {
            let error = await refusal {
                _ = try await instance.unwrap(wrapped, for: UnwrapRequest(encryptionContext: other))
            }
            #expect(error?.code == .invalidCiphertext)
            #expect(error?.message.contains("context") == true)
        }
    }

    @Test func anotherKeyIsRefused() async throws {
        let instance = try await token.open(creates: true)
        _ = try await instance.ask("create-key", ["name": .string("photos")])
        var wrapped = try await instance.generateDataKey(DataKeyRequest(keyID: "strongroom/photos")).wrapped
        let version = wrapped.keyVersion
        for (keyID, keyVersion, code) in [
            ("strongroom/default", version, KeyBackendError.Code.incorrectKey),
            ("strongroom/nobody", version, .incorrectKey), ("elsewhere/photos", version, .keyNotFound),
            ("strongroom/", version, .keyNotFound), ("strongroom/photos", "1", .incorrectKey),
        ] {
            wrapped.keyID = keyID
            wrapped.keyVersion = keyVersion
            #expect(await refusal { _ = try await instance.unwrap(wrapped, for: UnwrapRequest()) }?.code == code)
        }
        #expect(
            await refusal { _ = try await instance.generateDataKey(DataKeyRequest(keyID: "strongroom/nobody")) }?.code
                == .keyNotFound)
    }

    @Test func anotherTokenOpensNothing() async throws {
        let instance = try await token.open(creates: true)
        let other = try await TestToken().open(creates: true)
        let wrapped = try await instance.generateDataKey(DataKeyRequest()).wrapped
        #expect(await refusal { _ = try await other.unwrap(wrapped, for: UnwrapRequest()) }?.code == .keyNotFound)
    }

    @Test func keysAreMadeOnlyOnRequest() async throws {
        let missing = await refusal { _ = try await token.open() }
        #expect(missing?.code == .keyringMissing)
        #expect(missing?.message.contains("strongroom/default") == true)
        try await token.open(creates: true).close()
        #expect(await refusal { _ = try await token.open(creates: true) }?.code == .keyringExists)
        try await token.open().close()
        // Another application's keys in the same token.
        #expect(await refusal { _ = try await token.open(["key-prefix": "app.2/"]) }?.code == .keyringMissing)
        let other = try await token.open(creates: true, ["key-prefix": "app.2/"])
        #expect(try await other.describe(DescribeRequest()).keyID == "app.2/default")
        #expect(try await other.ask("status")["keyCount"] == .number("1"))
        #expect(
            await refusal { _ = try await other.describe(DescribeRequest(keyID: "strongroom/default")) }?.code
                == .keyNotFound)
    }

    @Test func rotationLeavesWhatThereIs() async throws {
        let instance = try await token.open(creates: true)
        let old = try await instance.generateDataKey(DataKeyRequest())
        let wrapped = old.wrapped
        let key = SharedSecret(old.takePlaintext())
        let rotated = try await instance.ask("rotate-key", ["keyId": .string("strongroom/default")])
        #expect(rotated["versionCount"] == .number("2"))
        #expect(rotated["currentVersion"] != .string(wrapped.keyVersion))
        let rewrapped = try await instance.rewrap(wrapped, for: RewrapRequest())
        #expect(JSONValue.string(rewrapped.keyVersion) == rotated["currentVersion"])
        #expect(rewrapped.keyVersion.hasPrefix("2-") && wrapped.keyVersion.hasPrefix("1-"))
        for wrapped in [wrapped, rewrapped] { #expect(try await instance.isOpened(wrapped, to: key)) }
        let generated = try await instance.generateDataKey(DataKeyRequest()).wrapped
        #expect(generated.keyVersion == rewrapped.keyVersion)
    }

    @Test func anotherInstanceLearnsOfARotation() async throws {
        let (instance, other) = (try await token.open(creates: true), try await token.open())
        let before = try await other.generateDataKey(DataKeyRequest()).wrapped.keyVersion
        _ = try await instance.ask("rotate-key", ["keyId": .string("strongroom/default")])
        let generated = try await instance.generateDataKey(DataKeyRequest())
        let wrapped = generated.wrapped
        // What the other has wrapped is opened before it has looked for new versions.
        #expect(try await other.isOpened(wrapped, to: SharedSecret(generated.takePlaintext())))
        #expect(try await other.describe(DescribeRequest()).currentVersion == wrapped.keyVersion)
        #expect(try await other.generateDataKey(DataKeyRequest()).wrapped.keyVersion == wrapped.keyVersion)
        #expect(before != wrapped.keyVersion)
    }

    @Test func sixtyFourCallersAtATime() async throws {
        let instance = try await token.open(creates: true, ["sessions": "3"])
        let opened = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let context = try EncryptionContext(["number": "\(number)"])
                    let generated = try await instance.generateDataKey(DataKeyRequest(encryptionContext: context))
                    let wrapped = generated.wrapped
                    let key = SharedSecret(generated.takePlaintext())
                    if number.isMultiple(of: 16) {
                        _ = try await instance.ask("rotate-key", ["keyId": .string("strongroom/default")])
                    }
                    let again = try await instance.rewrap(wrapped, for: RewrapRequest(encryptionContext: context))
                    let isFirstOpened = try await instance.isOpened(wrapped, to: key, context)
                    let isSecondOpened = try await instance.isOpened(again, to: key, context)
                    return isFirstOpened && isSecondOpened
                }
            }
            var count = 0
            for try await isOpened in group where isOpened { count += 1 }
            return count
        }
        #expect(opened == 64)
        let key = try await instance.ask("describe-key", ["keyId": .string("strongroom/default")])
        #expect(key["versionCount"] == .number("5"))
        // Three that work, one for each key that was made, and the security officer's.
        #expect(try token.calls(.openSession) <= 3 + 5 + 1)
    }

    @Test func whoeverIsLateOrGoneIsNotServed() async throws {
        let instance = try await token.open(creates: true)
        let late = KeyRequestContext(deadlineNanoseconds: 1)
        #expect(
            await refusal { _ = try await instance.generateDataKey(DataKeyRequest(context: late)) }?.code
                == .deadlineExceeded)
        let gone = KeyRequestContext(cancellation: KeyCancellation { true })
        #expect(
            await refusal { _ = try await instance.generateDataKey(DataKeyRequest(context: gone)) }?.code == .cancelled)
    }
}
