import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// What somebody may do beside what the policy says, and for how long.
@Suite struct KeyGrantTests {
    private let folder = TemporaryFolder()
    private static let account = "111122223333"
    private static let ana = caller("user/ana", account)
    private static let blue = caller("role/blue", account)
    private static let red = caller("role/red", account)
    private static let stranger = caller("user/eve", "444455556666")

    private static func caller(_ name: String, _ account: String) -> KeyRequester {
        KeyRequester(Caller(principal: "arn:aws:iam::\(account):\(name)", account: account))
    }

    /// Ana may do everything, nobody else anything.
    private static let policy = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"\(ana.arn)"},"Action":"kms:*",\
        "Resource":"*"}]}
        """

    private func open(creates: Bool = true) async throws -> KeyService {
        try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: creates, account: creates ? Self.account : nil)
    }

    /// Each operation that can be granted, alone: it works, and all others are refused as before.
    @Test func aGrantAllowsWhatItNamesAndNothingElse() async throws {
        let service = try await open()
        let key = try await service.createKey(policy: Self.policy, as: Self.ana)
        let sealed = try await service.generateDataKey(keyID: key.arn, as: Self.ana).wrapped
        let secret = SharedSecret(try SecretBytes.random(count: 8))
        let calls: [(needs: Set<GrantOperation>, run: @Sendable () async throws -> Void)] = [
            ([.decrypt], { _ = try await service.decrypt(sealed, as: Self.blue) }),
            ([.encrypt], { _ = try await service.encrypt(secret.bytes, keyID: key.arn, as: Self.blue) }),
            ([.generateDataKey], { _ = try await service.generateDataKey(keyID: key.arn, as: Self.blue) }),
            (
                [.generateDataKeyWithoutPlaintext],
                { _ = try await service.generateDataKeyWithoutPlaintext(keyID: key.arn, as: Self.blue) }
            ),
            ([.reEncryptFrom, .reEncryptTo], { _ = try await service.rewrap(sealed, as: Self.blue) }),
            ([.describeKey], { _ = try await service.describeKey(key.arn, as: Self.blue) }),
        ]
        for call in calls { #expect(try await code(call.run) == .accessDenied) }
        for call in calls {
            let grant = try await service.createGrant(
                on: key.arn, to: Self.blue.arn, operations: call.needs, as: Self.ana)
            for other in calls {
                #expect(try await code(other.run) == (other.needs == call.needs ? nil : .accessDenied))
            }
            #expect(try await code { _ = try await service.disableKey(key.arn, as: Self.blue) } == .accessDenied)
            try await service.revokeGrant(grant.grant.grantID, on: key.arn, as: Self.ana)
            for other in calls { #expect(try await code(other.run) == .accessDenied) }
        }
        // One half of it does not let anybody seal anew.
        _ = try await service.createGrant(on: key.arn, to: Self.blue.arn, operations: [.reEncryptFrom], as: Self.ana)
        #expect(try await code { _ = try await service.rewrap(sealed, as: Self.blue) } == .accessDenied)
    }

    @Test func aGrantIsForItsGrantee() async throws {
        let service = try await open()
        let key = try await service.createKey(policy: Self.policy, as: Self.ana)
        _ = try await service.createGrant(
            on: key.arn, to: "arn:aws:iam::444455556666:root", operations: [.generateDataKey], as: Self.ana)
        _ = try await service.createGrant(
            on: key.arn, to: Self.red.arn, operations: [.generateDataKey], as: Self.ana)
        // Of another account, too: that is what a grant is for.
        _ = try await service.generateDataKey(keyID: key.arn, as: Self.stranger)
        _ = try await service.generateDataKey(keyID: key.arn, as: Self.red)
        for other in [Self.blue, .root, Self.caller("role/Red", Self.account), Self.caller("role/red", "000000000000")]
        {
            #expect(
                try await code { _ = try await service.generateDataKey(keyID: key.arn, as: other) } == .accessDenied)
        }
    }

    @Test func whatAPolicyDeniesNoGrantAllows() async throws {
        let service = try await open()
        let denial =
            Self.policy.dropLast(2) + """
                ,{"Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"}]}
                """
        let key = try await service.createKey(policy: String(denial), as: Self.ana)
        let sealed = try await service.generateDataKey(keyID: key.arn, as: Self.ana).wrapped
        _ = try await service.createGrant(
            on: key.arn, to: Self.blue.arn, operations: [.decrypt, .generateDataKey], as: Self.ana)
        #expect(try await code { _ = try await service.decrypt(sealed, as: Self.blue) } == .accessDenied)
        _ = try await service.generateDataKey(keyID: key.arn, as: Self.blue)
    }

    @Test(
        arguments: [
            (["t": "1"], true, true), (["t": "1", "u": "2"], false, true), (["t": "2"], false, false),
            ([:], false, false),
            // Names are the same in small letters and in capitals, values are not.
            (["T": "1"], true, true), (["T": "2"], false, false),
            (["t": "1", "": "x"].filter { !$0.key.isEmpty }, true, true),
        ] as [([String: String], Bool, Bool)])
    func aConstraintAsksForTheContext(_ pairs: [String: String], _ isEqual: Bool, _ isIncluded: Bool) async throws {
        let service = try await open()
        let key = try await service.createKey(policy: Self.policy, as: Self.ana)
        let wanted = try EncryptionContext(["t": "1"])
        let context = try EncryptionContext(pairs)
        for (constraint, allows) in [(GrantConstraint.equals(wanted), isEqual), (.includes(wanted), isIncluded)] {
            let made = try await service.createGrant(
                on: key.arn, to: Self.blue.arn, operations: [.generateDataKey, .describeKey], constraint: constraint,
                as: Self.ana)
            let refusal = try await code {
                _ = try await service.generateDataKey(
                    keyID: key.arn, encryptionContext: context, as: Self.blue)
            }
            #expect(refusal == (allows ? nil : .accessDenied))
            // What has no context is not constrained.
            _ = try await service.describeKey(key.arn, as: Self.blue)
            try await service.revokeGrant(made.grant.grantID, on: key.arn, as: Self.ana)
        }
    }

    @Test func whoGrantsByGrantGrantsNoMore() async throws {
        let service = try await open()
        let key = try await service.createKey(policy: Self.policy, as: Self.ana)
        let wide = try EncryptionContext(["t": "1"])
        let narrow = try EncryptionContext(["t": "1", "u": "2"])
        _ = try await service.createGrant(
            on: key.arn, to: Self.blue.arn, operations: [.createGrant, .decrypt], constraint: .includes(wide),
            as: Self.ana)
        let attempts: [(Set<GrantOperation>, GrantConstraint?, Bool)] = [
            ([.decrypt], .includes(wide), true), ([.decrypt], .includes(narrow), true),
            ([.decrypt], .equals(narrow), true), ([.decrypt], nil, false), ([.encrypt], .includes(wide), false),
            ([.decrypt, .encrypt], .includes(wide), false),
            ([.decrypt], .includes(try EncryptionContext(["u": "2"])), false),
            ([.decrypt], .equals(try EncryptionContext(["u": "2"])), false),
        ]
        for (operations, constraint, works) in attempts {
            let found = try await code {
                _ = try await service.createGrant(
                    on: key.arn, to: Self.red.arn, operations: operations, constraint: constraint, as: Self.blue)
            }
            #expect(found == (works ? nil : .accessDenied), "\(operations) \(String(describing: constraint))")
        }
        #expect(
            try await code {
                _ = try await service.createGrant(
                    on: key.arn, to: Self.red.arn, operations: [.decrypt], constraint: .includes(wide), as: Self.red)
            } == .accessDenied)
    }

    @Test func grantsAreRetiredByWhomTheyName() async throws {
        let service = try await open()
        let key = try await service.createKey(policy: Self.policy, as: Self.ana)
        func make(_ operations: Set<GrantOperation>, retiring: String?) async throws -> CreatedGrant {
            try await service.createGrant(
                on: key.arn, to: Self.blue.arn, operations: operations, retiringPrincipal: retiring, as: Self.ana)
        }
        let other = try await make([.decrypt, .retireGrant], retiring: nil)
        let mine = try await make([.decrypt], retiring: Self.red.arn)
        #expect(
            try await service.listRetirableGrants(retiringPrincipal: Self.red.arn).items == [mine.grant])
        for requester in [Self.stranger, Self.blue] {
            #expect(try await code { try await service.retireGrant(token: mine.token, as: requester) } == .accessDenied)
        }
        try await service.retireGrant(token: mine.token, as: Self.red)
        #expect(
            try await code { try await service.retireGrant(token: mine.token, as: Self.red) } == .invalidGrantToken)
        // The grantee's own, where it says so.
        try await service.retireGrant(other.grant.grantID, on: key.arn, as: Self.blue)
        #expect(
            try await code { try await service.retireGrant(other.grant.grantID, on: key.arn, as: Self.ana) }
                == .notFound)
        let third = try await make([.decrypt], retiring: nil)
        try await service.retireGrant(token: third.token, as: Self.ana)
        #expect(try await service.listGrants(on: key.arn, as: Self.ana).items.isEmpty)
    }

    @Test func grantsOutliveTheServiceAndGoWithTheKey() async throws {
        var service = try await open()
        let key = try await service.createKey()
        var made: [CreatedGrant] = []
        for index in 0..<5 {
            made.append(
                try await service.createGrant(
                    on: key.arn, to: Self.blue.arn, operations: Set(GrantOperation.allCases),
                    constraint: index == 0 ? nil : .includes(try EncryptionContext(["i": "\(index)"])),
                    retiringPrincipal: index == 1 ? Self.red.arn : nil, name: "grant \(index)"))
        }
        // Asking for what was granted by that name makes no second one; for something else it does.
        let again = try await service.createGrant(
            on: key.arn, to: Self.blue.arn, operations: Set(GrantOperation.allCases), name: "grant 0")
        #expect(again == made[0])
        await service.close()
        service = try await open(creates: false)
        let listed = try await service.listGrants(on: key.arn)
        #expect(Set(listed.items) == Set(made.map(\.grant)))
        var (paged, marker) = ([KeyGrant](), String?.none)
        repeat {
            let page = try await service.listGrants(on: key.arn, limit: 2, marker: marker)
            paged += page.items
            marker = page.nextMarker
        } while marker != nil
        #expect(paged == listed.items)
        // A token is known, one of no grant is refused, in every call.
        let known = KeyRequester(grantTokens: [made[0].token])
        _ = try await service.generateDataKey(keyID: key.arn, as: known)
        try await service.revokeGrant(made[0].grant.grantID, on: key.arn)
        for token in [made[0].token, String(repeating: "0", count: 96), "x", ""] {
            let requester = KeyRequester(grantTokens: [token])
            #expect(
                try await code { _ = try await service.generateDataKey(keyID: key.arn, as: requester) }
                    == .invalidGrantToken)
            #expect(
                try await code { _ = try await service.rotateKey(key.arn, as: requester) } == .invalidGrantToken)
        }
    }

    @Test func whatIsNoGrantIsRefused() async throws {
        let service = try await open()
        let key = try await service.createKey()
        let arn = Self.blue.arn
        for name in ["", "blue", "arn:aws:s3:::bucket", "arn:aws:iam::1:", String(repeating: "a", count: 300)] {
            #expect(
                try await code { _ = try await service.createGrant(on: key.arn, to: name, operations: [.decrypt]) }
                    == .invalidArn)
        }
        #expect(
            try await code { _ = try await service.createGrant(on: key.arn, to: arn, operations: []) } == .validation)
        #expect(
            try await code {
                _ = try await service.createGrant(
                    on: key.arn, to: arn, operations: [.decrypt], constraint: .includes(.empty))
            } == .validation)
        // A listing could name only one of the two, and ended the process.
        let twice = try EncryptionContext([(name: "\u{E9}", value: "1"), (name: "e\u{301}", value: "2")])
        #expect(
            try await code {
                _ = try await service.createGrant(
                    on: key.arn, to: arn, operations: [.decrypt], constraint: .includes(twice))
            } == .validation)
        // The issuer, whom nobody had measured, did not fit into the keyring, and ended the process.
        let long = Self.caller(String(repeating: "a", count: 70_000), Self.account)
        #expect(
            try await code { _ = try await service.createGrant(on: key.arn, to: arn, operations: [.decrypt], as: long) }
                == .validation)
        for id in ["", "x", String(repeating: "A", count: 64)] {
            #expect(try await code { try await service.revokeGrant(id, on: key.arn) } == .invalidGrantID)
        }
        #expect(
            try await code { try await service.revokeGrant(String(repeating: "a", count: 64), on: key.arn) }
                == .notFound)
    }
}

extension KeyRequester {
    fileprivate var arn: String { caller?.principal ?? "" }
}
