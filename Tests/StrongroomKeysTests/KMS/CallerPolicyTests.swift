import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// What policies of the caller's own decide where no policy of a key does: of what is no key's yet.
@Suite struct CallerPolicyTests {
    private let folder = TemporaryFolder()
    private static let account = "111122223333"

    private func open() async throws -> KeyService {
        try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: true, account: Self.account)
    }

    private static func statement(_ effect: String, _ action: String, _ condition: String? = nil) -> String {
        let condition = condition.map { #","Condition":{\#($0)}"# } ?? ""
        return #"{"Effect":"\#(effect)","Action":"\#(action)","Resource":"*"\#(condition)}"#
    }

    /// Ana, with a policy of those statements; with none she has policies, and they allow nothing.
    private static func ana(_ statements: String..., account: String = account) -> KeyRequester {
        let policy = #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
        return KeyRequester(
            Caller(
                principal: "arn:aws:iam::\(account):user/ana", account: account,
                policies: statements.isEmpty ? [] : [policy]))
    }

    /// A user whom a policy denied keys of a kind made them all the same: of a key that is to be made, policies were
    /// told nothing but who asks.
    @Test(arguments: [
        (#""StringEquals":{"kms:KeyOrigin":"EXTERNAL"}"#, "external"),
        (#""StringEquals":{"kms:KeyOrigin":"AWS_KMS"}"#, "plain policy bypass tags regions"),
        (#""StringEquals":{"kms:KeySpec":"SYMMETRIC_DEFAULT"}"#, "plain policy bypass tags regions external"),
        (#""StringEquals":{"kms:KeyUsage":"ENCRYPT_DECRYPT"}"#, "plain policy bypass tags regions external"),
        (#""StringNotEquals":{"kms:KeySpec":"SYMMETRIC_DEFAULT"}"#, ""),
        (#""Bool":{"kms:MultiRegion":"true"}"#, "regions"),
        (#""StringEquals":{"kms:MultiRegionKeyType":"PRIMARY"}"#, "regions"),
        (#""StringEquals":{"kms:MultiRegionKeyType":"REPLICA"}"#, ""),
        (#""Bool":{"kms:BypassPolicyLockoutSafetyCheck":"true"}"#, "bypass"),
        (#""StringNotEquals":{"aws:RequestTag/team":"blue"}"#, "plain policy bypass regions external"),
        (#""ForAnyValue:StringEquals":{"aws:TagKeys":"stage"}"#, "tags"),
        (#""Null":{"aws:TagKeys":"true"}"#, "plain policy bypass regions external"),
    ])
    func whatIsDeniedOfNewKeysIsDenied(_ condition: String, _ denied: String) async throws {
        let service = try await open()
        let policy = try await service.keyPolicy(of: service.createKey().arn)
        let tags = [try KeyTag(name: "team", value: "blue"), try KeyTag(name: "stage", value: "test")]
        let ana = Self.ana(Self.statement("Allow", "kms:*"), Self.statement("Deny", "kms:CreateKey", condition))
        let makers: [(name: String, make: @Sendable () async throws -> KeyMetadata)] = [
            ("plain", { try await service.createKey(as: ana) }),
            ("policy", { try await service.createKey(policy: policy, as: ana) }),
            ("bypass", { try await service.createKey(policy: policy, bypassingLockoutCheck: true, as: ana) }),
            ("tags", { try await service.createKey(tags: tags, as: ana) }),
            ("regions", { try await service.createKey(multiRegion: true, as: ana) }),
            ("external", { try await service.createKey(origin: .external, as: ana) }),
        ]
        var refused: [String] = []
        for maker in makers {
            let failure = try await code { _ = try await maker.make() }
            #expect(failure == nil || failure == .accessDenied)
            if failure != nil { refused.append(maker.name) }
        }
        #expect(refused.joined(separator: " ") == denied)
        #expect(try await service.listKeys().items.count == 2 + makers.count - refused.count)
        await service.close()
    }

    /// The same of replicas, which are made where they are to be.
    @Test(arguments: [
        (#""StringEquals":{"kms:MultiRegionKeyType":"REPLICA"}"#, true),
        (#""Bool":{"kms:MultiRegion":"true"}"#, true),
        (#""StringEquals":{"aws:RequestTag/team":"blue"}"#, true),
        (#""Bool":{"kms:BypassPolicyLockoutSafetyCheck":"true"}"#, true),
        (#""StringEquals":{"kms:MultiRegionKeyType":"PRIMARY"}"#, false),
        (#""StringEquals":{"kms:KeyOrigin":"EXTERNAL"}"#, false),
    ])
    func whatIsDeniedOfReplicasIsDenied(_ condition: String, _ isDenied: Bool) async throws {
        let regions = Regions()
        let (here, there) = (try await regions.create("eu-central-1"), try await regions.create("us-east-1"))
        let key = try await here.createKey(multiRegion: true)
        let tags = [try KeyTag(name: "team", value: "blue")]
        let ana = Self.ana(
            Self.statement("Allow", "kms:*"), Self.statement("Deny", "kms:CreateKey", condition), account: here.account)
        let failure = try await code {
            _ = try await here.replicateKey(
                key.arn, to: there, bypassingLockoutCheck: true, tags: tags, as: ana)
        }
        #expect(failure == (isDenied ? .accessDenied : nil))
        #expect(try await here.describeKey(key.arn).multiRegion?.replicaKeyARNs.count == (isDenied ? 0 : 1))
        await here.close()
        await there.close()
    }

    /// A user who might not give keys tags made keys that had them, and others' policies trusted those.
    @Test func aKeyWithTagsTakesTheLeaveToGiveThem() async throws {
        let service = try await open()
        let (blue, red) = ([try KeyTag(name: "team", value: "blue")], [try KeyTag(name: "team", value: "red")])
        let maker = Self.ana(Self.statement("Allow", "kms:CreateKey"))
        #expect(try await code { _ = try await service.createKey(tags: blue, as: maker) } == .accessDenied)
        _ = try await service.createKey(as: maker)
        let condition = #""StringEquals":{"aws:RequestTag/team":"blue"}"#
        let held = Self.ana(Self.statement("Allow", "kms:*"), Self.statement("Deny", "kms:TagResource", condition))
        #expect(try await code { _ = try await service.createKey(tags: blue, as: held) } == .accessDenied)
        _ = try await service.createKey(tags: red, as: held)
        let both = Self.ana(Self.statement("Allow", "kms:CreateKey"), Self.statement("Allow", "kms:TagResource"))
        _ = try await service.createKey(tags: blue, as: both)
        await service.close()
    }

    /// Whoever might administer keys could take the one from everybody that is used where none is named.
    @Test func theServicesOwnKeyIsNobodysToAdminister() async throws {
        let service = try await open()
        let own = try await service.describeKey(KeyService.defaultKeyID).arn
        let policy = try await service.keyPolicy(of: own)
        _ = try await service.createAlias("alias/given", targetKeyID: own)
        let ana = Self.ana(Self.statement("Allow", "kms:*"))
        let attempts: [@Sendable () async throws -> Void] = [
            { _ = try await service.disableKey(own, as: ana) },
            { _ = try await service.enableKey(own, as: ana) },
            { try await service.deleteAlias("alias/given", as: ana) },
            { try await service.putKeyPolicy(policy, of: own, bypassingLockoutCheck: true, as: ana) },
            { _ = try await service.rotateKey(own, as: ana) },
            { _ = try await service.enableKeyRotation(own, as: ana) },
            { _ = try await service.disableKeyRotation(own, as: ana) },
            { _ = try await service.createAlias("alias/mine", targetKeyID: own, as: ana) },
            { _ = try await service.updateKeyDescription(own, to: "mine", as: ana) },
            { _ = try await service.scheduleKeyDeletion(own, as: ana) },
        ]
        for attempt in attempts { #expect(try await code(attempt) == .accessDenied) }
        _ = try await service.generateDataKey(count: 32, as: ana)
        // The application's own code may.
        _ = try await service.rotateKey(own)
        await service.close()
    }

    /// Policies know a tag by its bytes: a denial for one spelling went by another, and a tag in another spelling took
    /// the place of the one that policies look at.
    @Test func aTagIsItsBytes() async throws {
        let service = try await open()
        let (composed, decomposed) = ("Gr\u{F6}\u{DF}e", "Gro\u{308}\u{DF}e")
        let key = try await service.createKey(tags: [try KeyTag(name: composed, value: "a")]).arn
        try await service.untagKey(key, names: [decomposed])
        let failure = try await code {
            try await service.tagKey(key, with: [try KeyTag(name: decomposed, value: "b")])
        }
        #expect(failure == .tag)
        let kept = try await service.tags(of: key)
        #expect(kept.count == 1 && kept[0].name.utf8.elementsEqual(composed.utf8) && kept[0].value == "a")
        try await service.untagKey(key, names: [composed])
        #expect(try await service.tags(of: key).isEmpty)
        await service.close()
    }

    /// A key's policy that lets in somebody of another account was enough: it takes that account's leave, too, and
    /// there is much that nobody of another account may do.
    @Test func anotherAccountsPrincipalsNeedBothPolicies() async throws {
        let service = try await open()
        let policy = """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["\(Self.account)",\
            "999999999999","arn:aws:iam::999999999999:user/ana"]},"Action":"kms:*","Resource":"*"}]}
            """
        let key = try await service.createKey(policy: policy)
        let allowed = Self.statement("Allow", "kms:*")
        let cases: [(KeyRequester, KeyServiceError.Code?)] = [
            (Self.ana(account: "999999999999"), .accessDenied), (Self.ana(allowed, account: "999999999999"), nil),
            (Self.ana(Self.statement("Allow", "kms:Decrypt"), account: "999999999999"), .accessDenied),
            // A server that keeps no policies of that account's answers for it.
            (KeyRequester(Caller(principal: "arn:aws:iam::999999999999:user/ana", account: "999999999999")), nil),
            (Self.ana(allowed), nil),
        ]
        for (requester, refusal) in cases {
            #expect(try await code { _ = try await service.describeKey(key.arn, as: requester) } == refusal)
        }
        let ana = Self.ana(allowed, account: "999999999999")
        #expect(try await code { try await service.putKeyPolicy(policy, of: key.arn, as: ana) } == .accessDenied)
        #expect(try await code { _ = try await service.disableKey(key.arn, as: ana) } == .accessDenied)
        // A grant is of the key's own account, and needs no other.
        _ = try await service.createGrant(
            on: key.arn, to: "arn:aws:iam::999999999999:user/ana", operations: [.describeKey])
        _ = try await service.describeKey(key.arn, as: Self.ana(account: "999999999999"))
        await service.close()
    }

    /// Conditions that AWS tells and that were not told here: of two that deny, one denied everything and one nothing.
    @Test(arguments: [
        (#""StringNotEqualsIfExists":{"kms:EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#, "grant policy bypass"),
        (#""StringEquals":{"kms:EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#, "dataKey"),
        (#""StringEquals":{"kms:EncryptionContext:stage":"restricted"}"#, "grant"),
        (#""ForAnyValue:StringEquals":{"kms:EncryptionContextKeys":"stage"}"#, "grant"),
        (#""StringNotEquals":{"aws:ResourceAccount":"\(account)"}"#, ""),
        (#""Bool":{"aws:PrincipalIsAWSService":"true"}"#, ""),
        (#""Null":{"kms:BypassPolicyLockoutSafetyCheck":"false"}"#, "bypass"),
        (#""Null":{"kms:BypassPolicyLockoutSafetyCheck":"true"}"#, "dataKey grant policy"),
    ])
    func whatAConditionIsToldOfUse(_ condition: String, _ denied: String) async throws {
        let condition = condition.replacing(#"\(account)"#, with: Self.account)
        let service = try await open()
        let key = try await service.createKey()
        let policy = try await service.keyPolicy(of: key.arn)
        let ana = Self.ana(Self.statement("Allow", "kms:*"), Self.statement("Deny", "kms:*", condition))
        let calls: [(name: String, run: @Sendable () async throws -> Void)] = [
            ("dataKey", { _ = try await service.generateDataKey(keyID: key.arn, as: ana) }),
            (
                "grant",
                {
                    _ = try await service.createGrant(
                        on: key.arn, to: "arn:aws:iam::\(Self.account):role/blue", operations: [.decrypt],
                        constraint: .equals(try EncryptionContext(["stage": "restricted"])), as: ana)
                }
            ),
            ("policy", { try await service.putKeyPolicy(policy, of: key.arn, as: ana) }),
            (
                "bypass",
                { try await service.putKeyPolicy(policy, of: key.arn, bypassingLockoutCheck: true, as: ana) }
            ),
        ]
        var refused: [String] = []
        for call in calls {
            let failure = try await code(call.run)
            #expect(failure == nil || failure == .accessDenied)
            if failure != nil { refused.append(call.name) }
        }
        #expect(refused.joined(separator: " ") == denied)
        await service.close()
    }

    /// Any user of the account gave up grants that its root may give up, and whoever a grant names gave it up even
    /// where a policy denied that: nobody asked the user's own policies.
    @Test func policiesDecideWhoRetiresForTheAccount() async throws {
        let service = try await open()
        let key = try await service.createKey()
        let allow = Self.statement("Allow", "kms:RetireGrant")
        let deny = Self.statement("Deny", "kms:RetireGrant")
        let other = Self.statement("Allow", "kms:Decrypt")
        let root = "arn:aws:iam::\(Self.account):root"
        let ana = "arn:aws:iam::\(Self.account):user/ana"
        let cases: [(retiring: String, requester: KeyRequester, isRetired: Bool)] = [
            (root, Self.ana(), false), (root, Self.ana(other), false), (root, Self.ana(allow, deny), false),
            (root, Self.ana(allow), true), (root, .root, true),
            // The grant itself is what lets her: she needs no policy, and yet none that denies it.
            (ana, Self.ana(), true), (ana, Self.ana(other), true), (ana, Self.ana(deny), false),
        ]
        for (retiring, requester, isRetired) in cases {
            let grant = try await service.createGrant(
                on: key.arn, to: "arn:aws:iam::\(Self.account):role/blue", operations: [.decrypt],
                retiringPrincipal: retiring)
            let failures = [
                try await code { try await service.retireGrant(token: grant.token, dryRun: true, as: requester) },
                try await code { try await service.retireGrant(token: grant.token, as: requester) },
            ]
            #expect(failures == (isRetired ? [.dryRunOperation, nil] : [.accessDenied, .accessDenied]))
            if !isRetired { try await service.retireGrant(grant.grant.grantID, on: key.arn) }
        }
        #expect(try await service.listGrants(on: key.arn).items.isEmpty)
        await service.close()
    }
}
