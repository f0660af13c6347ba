import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// Callers that are sessions of roles.
@Suite struct RoleCallerTests {
    private let folder = TemporaryFolder()
    private static let account = "111122223333"
    private static let root = "arn:aws:iam::\(account):root"
    private static let role = "arn:aws:iam::\(account):role/blue"
    private static let session = "arn:aws:sts::\(account):assumed-role/blue/s1"
    private static let other = "arn:aws:iam::\(account):user/ana"

    private func open() async throws -> KeyService {
        try await KeyService.open(keyring: folder.path.appending("keyring"), creates: true, account: Self.account)
    }

    private static func caller(_ policies: [String], _ sessionPolicy: String?) -> KeyRequester {
        KeyRequester(
            Caller(
                principal: session, account: account, policies: policies, roleARN: role, sessionPolicy: sessionPolicy))
    }

    private static func document(_ statements: [String]) -> String {
        #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
    }

    private static func own(_ effect: String, _ action: String = "kms:*") -> String {
        document([#"{"Effect":"\#(effect)","Action":"\#(action)","Resource":"*"}"#])
    }

    private static func keyPolicy(_ statements: [(effect: String, principal: String)], _ condition: String = "")
        -> String
    {
        let administrator =
            #"{"Effect":"Allow","Principal":{"AWS":"\#(other)"},"Action":"kms:*","Resource":"*"}"#
        return document(
            [administrator]
                + statements.map { effect, principal in
                    #"{"Effect":"\#(effect)","Principal":{"AWS":"\#(principal)"},"Action":"kms:DescribeKey","#
                        + #""Resource":"*"\#(condition)}"#
                })
    }

    /// What AWS says of a role's session: what is denied anywhere is denied. The role may what the key's policy or a
    /// grant gives it, and, where that leaves it to the account, what its own policies allow; the session policy cuts
    /// all of that, and not what the session is given by its own name.
    @Test(arguments: UInt64(1)...40)
    func policiesGrantsAndTheSessionPolicyDecide(_ seed: UInt64) async throws {
        var random = SplitMix64(state: seed)
        let service = try await open()
        for _ in 0..<8 {
            let key = try await service.createKey()
            let own = ["Allow", "Deny", "Allow", nil].randomElement(using: &random)!
            let limit = [nil, nil, "Allow", "Deny", ""].randomElement(using: &random)!
            let allowed = [Self.root, Self.role, Self.session, "*", Self.other].filter { _ in
                Int.random(in: 0..<4, using: &random) == 0
            }
            let denied =
                Int.random(in: 0..<8, using: &random) == 0
                ? [Self.role, Self.session].randomElement(using: &random) : nil
            let grantees = [Self.role, Self.session].filter { _ in Int.random(in: 0..<6, using: &random) == 0 }
            for grantee in grantees {
                _ = try await service.createGrant(on: key.arn, to: grantee, operations: [.describeKey])
            }
            try await service.putKeyPolicy(
                Self.keyPolicy(allowed.map { ("Allow", $0) } + [denied].compactMap(\.self).map { ("Deny", $0) }),
                of: key.arn, bypassingLockoutCheck: true)
            let caller = Self.caller(
                own.map { [Self.own($0)] } ?? [],
                limit.map { $0.isEmpty ? Self.own("Allow", "s3:*") : Self.own($0) })

            let isDenied = own == "Deny" || limit == "Deny" || denied != nil
            let role =
                allowed.contains(Self.role) || allowed.contains("*") || grantees.contains(Self.role)
                || allowed.contains(Self.root) && own == "Allow"
            let isByName = allowed.contains(Self.session) || grantees.contains(Self.session)
            let isAllowed = !isDenied && (role && limit != "" || isByName)
            let failure = try await code { _ = try await service.describeKey(key.arn, as: caller) }
            #expect(
                failure == (isAllowed ? nil : .accessDenied),
                "own \(own ?? "-") limit \(limit ?? "-") allowed \(allowed) denied \(denied ?? "-") grants \(grantees)")
        }
        await service.close()
    }

    @Test func conditionsKnowTheRole() async throws {
        let service = try await open()
        let caller = Self.caller([], nil)
        for (condition, isAllowed) in [
            (#""ArnEquals":{"aws:PrincipalArn":"\#(Self.role)"}"#, true),
            (#""ArnEquals":{"aws:PrincipalArn":"\#(Self.session)"}"#, false),
            (#""StringEquals":{"aws:PrincipalType":"AssumedRole"}"#, true), (#""Null":{"aws:username":"true"}"#, true),
        ] {
            // Nobody may put another policy of a key that has had one.
            let key = try await service.createKey()
            let policy = Self.keyPolicy([("Allow", Self.role)], #","Condition":{\#(condition)}"#)
            try await service.putKeyPolicy(policy, of: key.arn, bypassingLockoutCheck: true)
            let failure = try await code { _ = try await service.describeKey(key.arn, as: caller) }
            #expect(failure == (isAllowed ? nil : .accessDenied), "\(condition)")
        }
        await service.close()
    }

    @Test func whatIsNoKeysIsTheRolesWithinTheSessionPolicy() async throws {
        let service = try await open()
        let allow = Self.own("Allow")
        for (policies, limit, isAllowed) in [
            ([allow], nil, true), ([], nil, false), ([allow], allow, true), ([], allow, false),
            ([allow], Self.own("Allow", "s3:*"), false), ([allow], Self.own("Deny"), false), ([allow], "{", false),
        ] as [([String], String?, Bool)] {
            let failure = try await code { _ = try await service.listKeys(as: Self.caller(policies, limit)) }
            #expect(failure == (isAllowed ? nil : .accessDenied))
        }
        await service.close()
    }
}
