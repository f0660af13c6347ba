import CStrongroomPKCS11
import StrongroomCrypto
import Testing

@testable import StrongroomKeys
@testable import StrongroomPKCS11Keys

/// Tokens that go away, lose sessions, answer oddly or not at all.
@Suite struct TokenFaultTests {
    let token: TestToken

    init() throws { token = try TestToken() }

    private func works(_ instance: KeyBackendInstance) async throws -> Bool {
        let generated = try await instance.generateDataKey(DataKeyRequest())
        let wrapped = generated.wrapped
        return try await instance.isOpened(wrapped, to: SharedSecret(generated.takePlaintext()))
    }

    /// Session gone, token gone, key handle gone, logged out, library ended, and codes that mean nothing.
    static let codes: [UInt] = [
        0x5, 0x6, 0x30, 0x31, 0x32, 0x60, 0x82, 0x90, 0x91, 0xB0, 0xB3, 0xE0, 0x101, 0x190, 0x4711, 0x8000_0001,
    ]

    @Test(arguments: codes, [TokenCall.signInit, .sign])
    func aCallThatFailsOnceIsMadeAgainInANewSession(_ code: UInt, _ call: TokenCall) async throws {
        let instance = try await token.open(creates: true)
        let sessions = try token.calls(.openSession)
        try token.fail(call, code, count: 1)
        #expect(try await works(instance))
        #expect(try token.calls(.openSession) == sessions + 1)
    }

    @Test(arguments: codes)
    func aTokenThatKeepsFailingIsUnavailableUntilItWorks(_ code: UInt) async throws {
        let instance = try await token.open(creates: true)
        try token.fail(.sign, code, count: -1)
        let calls = try token.calls(.sign)
        let error = await refusal { _ = try await instance.generateDataKey(DataKeyRequest()) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("C_Sign answered \(ReturnCode(rawValue: code))") == true)
        #expect(try token.calls(.sign) == calls + 2)
        try token.fail(.sign, count: 0)
        #expect(try await works(instance))
    }

    @Test func aTokenThatWasPulledOutIsUsedAgainWhenItIsBack() async throws {
        let instance = try await token.open(creates: true)
        #expect(try await works(instance))
        for call in [TokenCall.sign, .find] { try token.fail(call, 0x32, count: -1) }
        try token.fail(.tokenInfo, 0xE0, count: -1)
        for _ in 0..<3 {
            let error = await refusal { _ = try await instance.generateDataKey(DataKeyRequest()) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("is not there") == true)
        }
        #expect(await refusal { _ = try await instance.describe(DescribeRequest()) }?.code == .unavailable)
        #expect(await refusal { _ = try await token.open() }?.code == .unavailable)
        for call in [TokenCall.sign, .find, .tokenInfo] { try token.fail(call, count: 0) }
        #expect(try await works(instance))
    }

    @Test func whatOthersDoToTheSessionsIsMadeGood() async throws {
        let instance = try await token.open(creates: true)
        let keyID = JSONValue.string("strongroom/default")
        // Also where the versions have to be looked for: whoever is logged out finds no key, and no error.
        for looks in [false, true] {
            #expect(try await works(instance))
            try token.withOtherSession { functions, session in
                try TestToken.check("C_Logout", functions.C_Logout(session))
            }
            if looks {
                #expect(try await instance.ask("describe-key", ["keyId": keyID])["versionCount"] == .number("1"))
            }
            #expect(try await works(instance))
            try token.withOtherSession { functions, _ in
                try TestToken.check("C_CloseAllSessions", functions.C_CloseAllSessions(token.slot))
            }
            if looks { #expect(try await instance.ask("list-keys")["keys"] != .array([])) }
            #expect(try await works(instance))
        }
    }

    @Test func nobodyIsLoggedOut() async throws {
        let other = try await token.open(creates: true)
        let logins = try token.calls(.login)
        let instance = try await token.open()
        #expect(try await works(instance))
        try await instance.close()
        #expect(try await works(other))
        #expect(try token.calls(.login) == logins)
    }

    @Test func aKeyWhoseAnswerGotLostIsMadeOnce() async throws {
        try token.fail(.generateAnswer, 0x30, count: 1)
        let instance = try await token.open(creates: true)
        let keyID = JSONValue.string("strongroom/default")
        #expect(try await instance.ask("describe-key", ["keyId": keyID])["versionCount"] == .number("1"))
        try token.fail(.generateAnswer, 0x5, count: 1)
        #expect(try await instance.ask("rotate-key", ["keyId": keyID])["versionCount"] == .number("2"))
        try token.fail(.generate, 0x32, count: 1)
        #expect(try await instance.ask("rotate-key", ["keyId": keyID])["versionCount"] == .number("3"))
        #expect(try await works(instance))
    }

    @Test func aTokenThatTakesNoKeysSaysSo() async throws {
        try token.fail(.generate, 0xE2, count: -1)
        let error = await refusal { _ = try await token.open(creates: true) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("CKR_TOKEN_WRITE_PROTECTED") == true)
        #expect(error?.message.contains("write protection") == true)
    }

    @Test func aTokenWithoutSessionsSaysSo() async throws {
        try token.fail(.openSession, 0xB1, count: -1)
        let error = await refusal { _ = try await token.open(creates: true) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("CKR_SESSION_COUNT") == true)
    }

    @Test(arguments: [(UInt(0x5), 9), (0x6, 2), (0x30, 2), (0xE0, 2), (0x4711, 2)])
    func onlyWhatMayPassIsWaitedFor(_ code: UInt, _ count: Int) throws {
        let direct = try token.direct()
        defer { direct.close() }
        try token.failHere(code, count: -1)
        let error = #expect(throws: KeyBackendError.self) { _ = try direct.info() }
        let calls = try token.callsHere()
        try token.failHere(0, count: 0)
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("C_GetTokenInfo answered \(ReturnCode(rawValue: code))") == true)
        #expect(calls == count)
    }

    @Test func aSlotThatCannotBeReadForAMomentIsLookedAtAgain() throws {
        let direct = try token.direct()
        defer { direct.close() }
        try token.failHere(0x5, count: 3)
        let label = try direct.info().label
        // Three that failed, the one that found the token, and the one for its label.
        #expect(try label == token.label && token.callsHere() == 5)
    }

    @Test func aTokenThatLacksAMechanismIsAskedOnce() async throws {
        try token.fail(.mechanism, 0x70, count: -1)
        let error = await refusal { _ = try await token.open(creates: true) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("CKM_SHA256_HMAC") == true)
        #expect(try token.calls(.login) == 1)
    }

    /// A search that went on in the session would spoil the next one there.
    @Test func aSearchWithoutEndIsEnded() async throws {
        let instance = try await token.open(creates: true)
        let sessions = try token.calls(.openSession)
        try token.fail(.findEndless, count: -1)
        let error = await refusal { _ = try await instance.ask("list-keys") }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("more than 16384") == true)
        try token.fail(.findEndless, count: 0)
        #expect(try await instance.ask("list-keys")["keys"] != .array([]))
        #expect(try token.calls(.openSession) == sessions)
    }

    /// What it wraps, it could not open.
    @Test func aTokenThatGuessesIsRefused() async throws {
        try await token.open(creates: true).close()
        try token.fail(.signRandom, count: -1)
        let error = await refusal { _ = try await token.open() }
        #expect(error?.code == .moduleFault)
        #expect(error?.message.contains("HMAC-SHA256") == true)
    }

    @Test func anUnknownTokenIsNotThere() async throws {
        let error = await refusal { _ = try await token.open(["token": "nobody's"]) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("'nobody's'") == true)
        #expect(await refusal { _ = try await token.open(["token": nil, "slot": "4294967295"]) }?.code == .unavailable)
        let bySlot = try await token.open(creates: true, ["token": nil, "slot": String(token.slot)])
        #expect(try await works(bySlot))
    }
}
