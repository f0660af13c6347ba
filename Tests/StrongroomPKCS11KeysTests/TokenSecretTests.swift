import CStrongroomPKCS11
import Glibc
import StrongroomCrypto
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKeys
@testable import StrongroomPKCS11Keys

/// PINs, and keys that do not stay in the token.
@Suite struct TokenSecretTests {
    let token: TestToken

    init() throws { token = try TestToken() }

    @Test func aWrongPINIsTriedOnce() async throws {
        try TestFile.write("1234".utf8, to: token.pinFile)
        let error = await refusal { _ = try await token.open(creates: true) }
        #expect(error?.code == .wrongSecret)
        #expect(error?.message.contains("CKR_PIN_INCORRECT") == true)
        #expect(error?.message.contains("1234") == false)
        #expect(try token.calls(.login) == 1)
    }

    @Test func aPINThatIsChangedMeanwhileIsTriedOnce() async throws {
        let instance = try await token.open(creates: true)
        #expect(try token.calls(.login) == 1)
        try token.withOtherSession { functions, _ in
            try TestToken.check("C_CloseAllSessions", functions.C_CloseAllSessions(token.slot))
        }
        try token.fail(.login, 0xA0, count: -1)
        for _ in 0..<5 {
            #expect(await refusal { _ = try await instance.generateDataKey(DataKeyRequest()) }?.code == .wrongSecret)
        }
        // One by the other component, one by the first session, and one after it was gone.
        #expect(try token.calls(.login) == 3)
        try token.fail(.login, count: 0)
        #expect(await refusal { _ = try await instance.generateDataKey(DataKeyRequest()) }?.code == .wrongSecret)
        #expect(try token.calls(.login) == 3)
    }

    @Test(arguments: [
        (UInt(0xA4), KeyBackendError.Code.accessDenied, "CKR_PIN_LOCKED"), (0xA3, .accessDenied, "CKR_PIN_EXPIRED"),
        (0xA2, .wrongSecret, "CKR_PIN_LEN_RANGE"), (0x5, .accessDenied, "CKR_GENERAL_ERROR"),
        (0x8000_0017, .accessDenied, "the vendor's own code 0x80000017"),
    ])
    func whateverMayHaveBeenAnAttemptIsTheLast(_ code: UInt, _ expected: KeyBackendError.Code, _ name: String)
        async throws
    {
        try token.fail(.login, code, count: -1)
        let error = await refusal { _ = try await token.open(creates: true) }
        #expect(error?.code == expected)
        #expect(error?.message.contains(name) == true)
        #expect(try token.calls(.login) == 1)
    }

    @Test(arguments: [(0x40000, "locked"), (0x20000, "One more wrong PIN")])
    func noPINIsTriedAtATokenThatIsOrWouldBeLocked(_ flag: UInt, _ reason: String) async throws {
        try token.fail(.tokenFlags, flag, count: -1)
        let error = await refusal { _ = try await token.open(creates: true) }
        #expect(error?.code == .accessDenied)
        #expect(error?.message.contains(reason) == true)
        #expect(try token.calls(.login) == 0)
    }

    @Test func thePINsFileIsNobodyElses() async throws {
        try TestFile.setMode(0o640, of: token.pinFile)
        #expect(await refusal { _ = try await token.open(creates: true) }?.code == .unsafePermissions)
        try TestFile.write("\n".utf8, to: token.pinFile)
        #expect(await refusal { _ = try await token.open(creates: true) }?.code == .invalidRequest)
        try TestFile.write([UInt8](repeating: 65, count: 257), to: token.pinFile)
        #expect(await refusal { _ = try await token.open(creates: true) }?.code == .invalidRequest)
        #expect(unsafe unlink(token.pinFile.string) == 0)
        let missing = await refusal { _ = try await token.open(creates: true) }
        #expect(missing?.code == .invalidRequest)
        #expect(missing?.message.contains(token.pinFile.string) == true)
        #expect(await refusal { _ = try await token.open(["pin-file": nil]) }?.code == .invalidRequest)
        #expect(try token.calls(.login) == 0)
    }

    @Test func thePINMayBeTheSecret() async throws {
        var configuration = KeyBackendConfiguration(creates: true, settings: token.settings)
        configuration.settings["pin-file"] = nil
        configuration.secret = try SecretBytes(count: TestToken.pin.utf8.count) { room in
            for (offset, byte) in TestToken.pin.utf8.enumerated() {
                room.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
            }
        }
        let instance = try await KeyBackendInstance.open(PKCS11Keys.table, configuration: configuration)
        #expect(try await instance.describe(DescribeRequest()).health == .ready)
        await #expect(throws: KeyBackendError.self) {
            let both = KeyBackendConfiguration(settings: token.settings, secret: try SecretBytes.random(count: 8))
            _ = try await KeyBackendInstance.open(PKCS11Keys.table, configuration: both)
        }
        #expect(try token.calls(.login) == 1)
    }

    @Test func aTokenThatMakesExtractableKeysIsRefused() async throws {
        try token.fail(.generateExtractable, count: -1)
        let error = await refusal { _ = try await token.open(creates: true) }
        #expect(error?.code == .unsupported)
        try token.fail(.generateExtractable, count: 0)
        // None was left, on which the next attempt would stumble.
        try await token.open(creates: true).close()
    }

    /// Somebody with the PIN puts an object of their own in the place of the next version.
    @Test(arguments: [CKA_EXTRACTABLE, CKA_SENSITIVE, CKA_PRIVATE, CKA_VALUE])
    func aKeyThatSomebodyElseHasMadeIsNotUsed(_ difference: UInt) async throws {
        let instance = try await token.open(creates: true)
        let before = try await instance.generateDataKey(DataKeyRequest())
        let wrapped = before.wrapped
        let key = SharedSecret(before.takePlaintext())
        try token.plantKey(version: 2, difference)

        let description = try await instance.describe(DescribeRequest())
        #expect(description.health == .unavailable && description.currentVersion.hasPrefix("2-"))
        #expect(description.message.contains("CKA_"))
        let error = await refusal { _ = try await instance.generateDataKey(DataKeyRequest()) }
        #expect(error?.code == .unsafePermissions)
        #expect(await refusal { _ = try await token.open() }?.code == .unsafePermissions)
        // What is under good versions is not lost, and a rotation leads out.
        #expect(try await instance.isOpened(wrapped, to: key))
        let rotated = try await instance.ask("rotate-key", ["keyId": .string("strongroom/default")])
        #expect(rotated["state"] == .string("Enabled"))
        #expect(try await instance.rewrap(wrapped, for: RewrapRequest()).keyVersion.hasPrefix("3-"))
    }

    @Test func aCopyOfAKeyIsNotUsed() async throws {
        let instance = try await token.open(creates: true)
        let wrapped = try await instance.generateDataKey(DataKeyRequest()).wrapped
        try token.plantKey(copyOf: wrapped, CKA_VALUE)
        try await instance.close()
        let error = await refusal { _ = try await token.open() }
        #expect(error?.code == .keyringDamaged)
        #expect(error?.message.contains("copied") == true)
    }
}

extension TestToken {
    /// A key object that is as ours but for one thing. A value that is brought in was known outside the token.
    func plantKey(version: UInt8, _ difference: UInt) throws {
        try plantKey(id: Array("SRPK".utf8) + [0, 0, 0, version] + [UInt8](repeating: 0xEE, count: 16), difference)
    }

    func plantKey(copyOf wrapped: WrappedDataKey, _ difference: UInt) throws {
        try plantKey(id: Array(wrapped.bytes[12..<36]), difference)
    }

    private func plantKey(id: [UInt8], _ difference: UInt) throws {
        var attributes: [TokenAttribute] = [
            .number(CKA_CLASS, CKO_SECRET_KEY), .number(CKA_KEY_TYPE, CKK_GENERIC_SECRET), .bytes(CKA_ID, id),
            .bytes(CKA_LABEL, "strongroom/default".utf8), .flag(CKA_TOKEN, true), .flag(CKA_SIGN, true),
            .flag(CKA_PRIVATE, difference != CKA_PRIVATE), .flag(CKA_SENSITIVE, difference != CKA_SENSITIVE),
            .flag(CKA_EXTRACTABLE, difference == CKA_EXTRACTABLE),
        ]
        if difference == CKA_VALUE {
            attributes.append(.bytes(CKA_VALUE, [UInt8](repeating: 7, count: 32)))
        } else {
            attributes.append(.number(CKA_VALUE_LEN, 32))
        }
        try withOtherSession { functions, session in
            var mechanism = unsafe strongroom_pkcs11_mechanism(
                mechanism: CKM_GENERIC_SECRET_KEY_GEN, parameter: nil, parameter_length: 0)
            var object: UInt = 0
            // Safe: all that is passed by address outlives the calls.
            let code = unsafe TokenAttribute.withTemplate(attributes) { template, count in
                difference == CKA_VALUE
                    ? unsafe functions.C_CreateObject(session, template, count, &object)
                    : unsafe functions.C_GenerateKey(session, &mechanism, template, count, &object)
            }
            try Self.check("an object", code)
        }
    }
}
