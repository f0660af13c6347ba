import Testing

@testable import StrongroomKeys

/// Requests cross the contract as TLV; what comes out is what went in, and nothing hostile traps.
@Suite struct TLVTests {
    private func decode(_ bytes: [UInt8]) throws(KeyBackendError) -> DecodedRequest {
        // Safe: bytes have no padding to be read.
        try DecodedRequest(unsafe bytes.span.bytes)
    }

    private func text(_ random: inout SplitMix64) -> String {
        let alphabet: [Character] = ["a", "/", "é", "🙂", "\u{301}", "\0", " "]
        return String((0..<Int.random(in: 0...6, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
    }

    private func request(_ random: inout SplitMix64) throws -> (KeyRequestContext, String?, EncryptionContext) {
        var context = KeyRequestContext(requestID: text(&random))
        if Bool.random(using: &random) {
            var caller = Caller(principal: text(&random), account: text(&random))
            caller.tags[text(&random)] = text(&random)
            caller.multiFactorAgeSeconds = Bool.random(using: &random) ? random.next() : nil
            caller.sourceAddress = Bool.random(using: &random) ? text(&random) : nil
            caller.viaService = Bool.random(using: &random) ? text(&random) : nil
            caller.policies = Bool.random(using: &random) ? [text(&random)] : nil
            caller.roleARN = caller.policies != nil && Bool.random(using: &random) ? text(&random) : nil
            caller.sessionPolicy = caller.roleARN != nil && Bool.random(using: &random) ? text(&random) : nil
            caller.transport = [nil, .plain, .transportLayerSecurity(version: text(&random))].randomElement(
                using: &random)!
            context.caller = caller
        }
        context.grantTokens = (0..<Int.random(in: 0...3, using: &random)).map { _ in text(&random) }
        let names = Set((0..<Int.random(in: 0...3, using: &random)).map { _ in "n" + text(&random) })
        let pairs = names.map { (name: $0, value: text(&random)) }
        return (context, Bool.random(using: &random) ? text(&random) : nil, try EncryptionContext(pairs))
    }

    @Test func requestsSurviveTheWay() throws {
        var random = SplitMix64(state: 15)
        for _ in 0..<2000 {
            let (context, keyID, encryptionContext) = try request(&random)
            let deadline = random.next()
            let decoded = try decode(
                TLVWriter.operation(
                    context, keyID: keyID, keyVersion: "7", encryptionContext: encryptionContext,
                    deadlineNanoseconds: deadline))
            #expect(decoded.context.caller == context.caller)
            #expect(decoded.context.grantTokens == context.grantTokens)
            #expect(decoded.context.requestID == context.requestID)
            #expect(decoded.context.deadlineNanoseconds == deadline)
            #expect(decoded.keyID == keyID)
            #expect(decoded.keyVersion == "7")
            #expect(decoded.encryptionContext == encryptionContext)
        }
    }

    @Test func everyTruncationIsRefusedOrEndsAtAnEntry() throws {
        var writer = TLVWriter()
        writer.append(0x0011, text: "request")
        writer.append(0x8020, text: "key")
        for count in writer.bytes.indices where count != 0 && count != 15 {
            #expect(throws: KeyBackendError.self) { try decode(Array(writer.bytes.prefix(count))) }
        }
    }

    @Test func hostileBlocksNeverTrap() throws {
        var random = SplitMix64(state: 16)
        for _ in 0..<20_000 {
            let (context, keyID, encryptionContext) = try request(&random)
            var bytes = TLVWriter.operation(
                context, keyID: keyID, encryptionContext: encryptionContext, deadlineNanoseconds: 1)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? decode(bytes)
        }
    }

    @Test func whatIsUnknownIsSkippedUnlessItIsCritical() throws {
        var writer = TLVWriter()
        writer.append(0x7FFF, text: "later")
        writer.append(0x7FFE, text: "later")
        writer.append(0x0011, text: "r")
        #expect(try decode(writer.bytes).context.requestID == "r")
        writer.append(0x8FFF, text: "later, and it matters")
        #expect(throws: KeyBackendError.self) { try decode(writer.bytes) }
    }

    @Test func whatMayOccurOnceOccursOnce() throws {
        for type in [0x0001, 0x0011, 0x8020] {
            var writer = TLVWriter()
            writer.append(type, text: "one")
            writer.append(type, text: "two")
            let error = #expect(throws: KeyBackendError.self) { try decode(writer.bytes) }
            #expect(error?.code == .invalidRequest)
        }
    }

    /// A principal of whom it was said that it has no policies was let in as one of whom nothing is said: everybody of
    /// the account may.
    @Test func nobodyIsSaidToHaveNoPolicies() throws {
        let cases: [(flag: UInt8?, policies: [String], expected: [String]??)] = [
            (nil, [], .some(nil)), (1, [], []), (1, ["{}", "{}"], ["{}", "{}"]), (0, [], nil), (0, ["{}"], nil),
            (nil, ["{}"], nil), (2, [], nil),
        ]
        for (flag, policies, expected) in cases {
            var writer = TLVWriter()
            writer.append(0x0001, text: "user/bob")
            if let flag { writer.append(0x8009, [flag]) }
            for policy in policies { writer.append(0x800A, text: policy) }
            if let expected {
                #expect(try decode(writer.bytes).context.caller?.policies == expected)
            } else {
                let error = #expect(throws: KeyBackendError.self) { try decode(writer.bytes) }
                #expect(error?.code == .invalidRequest)
            }
        }
    }

    /// A session policy holds nobody back whom the account lets in, and a module that does not know of roles takes a
    /// session for a user whom nothing denies.
    @Test func sessionsOfRolesHavePoliciesAndAreUnderstoodOrRefused() throws {
        let cases: [(role: String?, sessionPolicy: String?, hasPolicies: Bool, isRead: Bool)] = [
            ("role", nil, true, true), ("role", "{}", true, true), (nil, "{}", true, false),
            ("role", nil, false, false),
            ("role", "{}", false, false), (nil, "{}", false, false),
        ]
        for (role, sessionPolicy, hasPolicies, isRead) in cases {
            let caller = Caller(
                principal: "session", account: "1", policies: hasPolicies ? [] : nil, roleARN: role,
                sessionPolicy: sessionPolicy)
            let block = TLVWriter.operation(KeyRequestContext(caller: caller), deadlineNanoseconds: 1)
            if isRead {
                #expect(try decode(block).context.caller == caller)
            } else {
                let error = #expect(throws: KeyBackendError.self) { try decode(block) }
                #expect(error?.code == .invalidRequest)
            }
        }
    }
}
