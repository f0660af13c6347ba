import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// Who may do what with a key.
@Suite struct KeyPolicyTests {
    private let folder = TemporaryFolder()
    private static let account = "111122223333"
    private static let ana = KeyRequester(
        Caller(principal: "arn:aws:iam::111122223333:user/ana", account: account))
    private static let blue = KeyRequester(
        Caller(
            principal: "arn:aws:iam::111122223333:role/blue", account: account, tags: ["team": "blue"],
            multiFactorAgeSeconds: 60, sourceAddress: "10.1.2.3",
            transport: .transportLayerSecurity(version: "1.3"), viaService: "s3"))
    private static let stranger = KeyRequester(
        Caller(principal: "arn:aws:iam::444455556666:user/eve", account: "444455556666"))

    private func open(creates: Bool = true) async throws -> KeyService {
        try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: creates, account: creates ? Self.account : nil)
    }

    private static func statement(_ principal: String, _ action: String, _ rest: String = "") -> String {
        #"{"Effect":"Allow","Principal":{"AWS":"\#(principal)"},"Action":\#(action),"Resource":"*"\#(rest)}"#
    }

    private static func policy(_ statements: String...) -> String {
        #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
    }

    /// Ana may do everything; whoever else is there, what `statements` say.
    private static func administered(_ statements: String...) -> String {
        policy(
            ([statement(ana.caller!.principal, #""kms:*""#)] + statements).joined(separator: ","))
    }

    @Test func theStandardPolicyIsForTheAccountAndSaysSo() async throws {
        let service = try await open()
        let key = try await service.createKey()
        let text = try await service.keyPolicy(of: key.keyID, as: Self.ana)
        for isPut in [false, true] {
            // The same where it is put word for word.
            if isPut { try await service.putKeyPolicy(text, of: key.keyID) }
            for caller in [.root, Self.ana, Self.blue] {
                let generated = try await service.generateDataKey(keyID: key.keyID, as: caller)
                _ = try await service.decrypt(generated.wrapped, as: caller)
                _ = try await service.describeKey(key.keyID, as: caller)
            }
            #expect(
                try await code { _ = try await service.generateDataKey(keyID: key.keyID, as: Self.stranger) }
                    == .accessDenied)
            #expect(try await code { _ = try await service.describeKey(key.keyID, as: Self.stranger) } == .accessDenied)
        }
        #expect(try await code { _ = try await service.createKey(as: Self.stranger) } == .accessDenied)
        #expect(try await code { _ = try await service.listKeys(as: Self.stranger) } == .accessDenied)
        #expect(try await code { _ = try await service.listAliases(as: Self.stranger) } == .accessDenied)
        #expect(try await code { _ = try await service.status(as: Self.stranger) } == .accessDenied)
        // A key is not told from one that is not there by whoever may not know of it, but for its name.
        #expect(try await service.listKeys().items.count == 2)
    }

    /// Every operation on a key, with what it needs: allowed by the statement that names its action, and by no other.
    @Test func eachOperationNeedsItsAction() async throws {
        let service = try await open()
        let key = try await service.createKey(policy: Self.administered(), as: Self.ana)
        let other = try await service.createKey(policy: Self.administered(), as: Self.ana)
        let sealed = try await service.generateDataKey(keyID: key.keyID, as: Self.ana).wrapped
        _ = try await service.createAlias("alias/there", targetKeyID: key.arn, as: Self.ana)
        let operations: [(actions: [String], run: @Sendable (KeyRequester) async throws -> Void)] = [
            (["GenerateDataKey"], { _ = try await service.generateDataKey(keyID: key.keyID, as: $0) }),
            (["Decrypt"], { _ = try await service.decrypt(sealed, as: $0) }),
            (["ReEncryptFrom", "ReEncryptTo"], { _ = try await service.rewrap(sealed, as: $0) }),
            (["DescribeKey"], { _ = try await service.describeKey(key.keyID, as: $0) }),
            (["EnableKey"], { _ = try await service.enableKey(key.keyID, as: $0) }),
            (["RotateKeyOnDemand"], { _ = try await service.rotateKey(key.keyID, as: $0) }),
            (["ListKeyRotations"], { _ = try await service.listRotations(key.keyID, as: $0) }),
            (["GetKeyPolicy"], { _ = try await service.keyPolicy(of: key.keyID, as: $0) }),
            (
                ["CreateAlias"],
                {
                    _ = try await service.createAlias("alias/new", targetKeyID: key.arn, as: $0)
                    try await service.deleteAlias("alias/new", as: Self.ana)
                }
            ),
            (["UpdateAlias"], { _ = try await service.updateAlias("alias/there", targetKeyID: key.arn, as: $0) }),
            (
                ["DeleteAlias"],
                {
                    try await service.deleteAlias("alias/there", as: $0)
                    _ = try await service.createAlias("alias/there", targetKeyID: key.arn, as: Self.ana)
                }
            ),
            (
                ["DisableKey"],
                {
                    _ = try await service.disableKey(key.keyID, as: $0)
                    _ = try await service.enableKey(key.keyID, as: Self.ana)
                }
            ),
        ]
        let all = operations.flatMap(\.actions)
        for operation in operations {
            func put(_ actions: [String]) async throws {
                let list = "[\(actions.map { "\"kms:\($0)\"" }.joined(separator: ","))]"
                try await service.putKeyPolicy(
                    Self.administered(Self.statement(Self.blue.caller!.principal, list)), of: key.keyID, as: Self.ana)
            }
            try await put(operation.actions)
            #expect(try await code { try await operation.run(Self.blue) } == nil, "\(operation.actions)")
            for missing in operation.actions {
                try await put(all.filter { $0 != missing })
                #expect(try await code { try await operation.run(Self.blue) } == .accessDenied, "\(missing)")
            }
        }
        // An alias leads to two keys when it is moved, and both say who may.
        try await service.putKeyPolicy(
            Self.administered(Self.statement(Self.blue.caller!.principal, #""kms:*""#)), of: key.keyID, as: Self.ana)
        #expect(
            try await code { _ = try await service.updateAlias("alias/there", targetKeyID: other.arn, as: Self.blue) }
                == .accessDenied)
    }

    @Test func conditionsSeeTheRequest() async throws {
        let service = try await open()
        let key = try await service.createKey(as: Self.ana)
        _ = try await service.createAlias("alias/app", targetKeyID: key.arn)
        let context = try EncryptionContext(["tenant": "blue", "purpose": "test"])
        let true_: [String] = [
            #""StringEquals":{"kms:EncryptionContext:tenant":"blue"}"#,
            #""ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["tenant","purpose"]}"#,
            #""StringEquals":{"kms:RequestAlias":"alias/app"}"#,
            #""ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/app"}"#,
            #""Bool":{"aws:MultiFactorAuthPresent":"true","aws:SecureTransport":"true","aws:ViaAWSService":"true"}"#,
            #""NumericLessThan":{"aws:MultiFactorAuthAge":"61"}"#, #""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#,
            #""StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}"#,
            #""StringEquals":{"aws:PrincipalTag/team":"blue","kms:CallerAccount":"111122223333"}"#,
            #""DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}"#,
            #""NumericGreaterThan":{"aws:EpochTime":"1577836800"}"#,
            #""Null":{"kms:EncryptionContext:other":"true"}"#,
        ]
        let false_: [String] = [
            #""StringEquals":{"kms:EncryptionContext:tenant":"red"}"#,
            #""ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["tenant"]}"#,
            #""StringEquals":{"kms:RequestAlias":"alias/other"}"#, #""Bool":{"aws:SecureTransport":"false"}"#,
            #""NumericLessThan":{"aws:MultiFactorAuthAge":"60"}"#, #""NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#,
            #""StringEquals":{"aws:PrincipalTag/team":"red"}"#,
            #""DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}"#,
            #""Null":{"kms:EncryptionContext:tenant":"true"}"#, #""StringEquals":{"aws:PrincipalTag/none":"x"}"#,
        ]
        for (conditions, expected) in [(true_, KeyServiceError.Code?.none), (false_, .accessDenied)] {
            for condition in conditions {
                let statement = Self.statement(
                    Self.blue.caller!.principal, #""kms:GenerateDataKey""#, #","Condition":{\#(condition)}"#)
                try await service.putKeyPolicy(Self.administered(statement), of: key.arn, as: Self.ana)
                #expect(
                    try await code {
                        _ = try await service.generateDataKey(
                            keyID: "alias/app", encryptionContext: context, as: Self.blue)
                    } == expected, "\(condition)")
            }
        }
        // Who signed in without a second factor has no such key: only a test of its absence finds that.
        let denial =
            #"{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*","#
            + #""Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#
        try await service.putKeyPolicy(
            Self.administered(denial), of: key.arn, bypassingLockoutCheck: true, as: Self.ana)
        #expect(
            try await code { _ = try await service.generateDataKey(keyID: key.arn, as: Self.ana) } == .accessDenied)
    }

    @Test func theRootIsNobodySpecial() async throws {
        let service = try await open()
        let key = try await service.createKey(policy: Self.administered(), as: Self.ana)
        #expect(try await code { _ = try await service.generateDataKey(keyID: key.keyID) } == .accessDenied)
        let denied = #"{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*"}"#
        let sealed = try await service.generateDataKey(keyID: key.keyID, as: Self.ana).wrapped
        try await service.putKeyPolicy(Self.administered(denied), of: key.keyID, as: Self.ana)
        #expect(try await code { _ = try await service.decrypt(sealed, as: Self.ana) } == .accessDenied)
        // Whoever may not know of the key is not told its state.
        _ = try await service.disableKey(key.keyID, as: Self.ana)
        #expect(
            try await code { _ = try await service.generateDataKey(keyID: key.keyID, as: Self.blue) } == .accessDenied)
        #expect(try await code { _ = try await service.generateDataKey(keyID: key.keyID, as: Self.ana) } == .disabled)
    }

    @Test func nobodyLocksHimselfOutUnasked() async throws {
        let service = try await open()
        let only = Self.policy(Self.statement(Self.blue.caller!.principal, #""kms:Decrypt""#))
        #expect(
            try await code { _ = try await service.createKey(policy: only, as: Self.ana) } == .malformedPolicyDocument)
        let key = try await service.createKey(as: Self.ana)
        #expect(
            try await code { try await service.putKeyPolicy(only, of: key.arn, as: Self.ana) }
                == .malformedPolicyDocument)
        #expect(
            try await service.keyPolicy(of: key.arn) == KeyPolicy.standardText(try service.current().registry.owner))
        try await service.putKeyPolicy(only, of: key.arn, bypassingLockoutCheck: true, as: Self.ana)
        #expect(try await code { try await service.putKeyPolicy(only, of: key.arn, as: Self.ana) } == .accessDenied)
        #expect(try await code { _ = try await service.keyPolicy(of: key.arn) } == .accessDenied)
    }

    @Test func aPolicyIsDurable() async throws {
        let policy = Self.administered()
        var service = try await open()
        let key = try await service.createKey(as: Self.ana)
        let plain = try await service.createKey(as: Self.ana)
        try await service.putKeyPolicy(policy, of: key.arn, as: Self.ana)
        await service.close()
        service = try await open(creates: false)
        #expect(try await service.keyPolicy(of: key.arn, as: Self.ana) == policy)
        #expect(try await code { _ = try await service.generateDataKey(keyID: key.arn) } == .accessDenied)
        _ = try await service.generateDataKey(keyID: plain.arn)
    }

    @Test(arguments: [
        "", "[]", "{", #"{"Version":"2012-10-17"}"#, #"{"Statement":[],"Statement":[]}"#,
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Principal":"*","Action":"*","Resource":"*"}]}"#,
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","x":1}]}"#,
    ])
    func whatIsNoPolicyIsRefused(_ text: String) async throws {
        let service = try await open()
        let key = try await service.createKey()
        #expect(try await code { try await service.putKeyPolicy(text, of: key.arn) } == .malformedPolicyDocument)
        #expect(try await code { _ = try await service.createKey(policy: text) } == .malformedPolicyDocument)
        let long = String(repeating: " ", count: KeyPolicy.sizeBytesMax + 1)
        #expect(try await code { try await service.putKeyPolicy(long, of: key.arn) } == .limitExceeded)
        // A name that may move is no name for what decides who may.
        #expect(
            try await code { try await service.putKeyPolicy(Self.administered(), of: "alias/aws/s3") } == .validation)
    }
}
