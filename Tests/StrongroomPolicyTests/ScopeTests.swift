import StrongroomPolicy
import Testing

@Suite("What a policy is about") struct ScopeTests {
    private func policy(
        principal: String = #""*""#, action: String = #""s3:GetObject""#, resource: String = #""arn:aws:s3:::b/*""#,
        condition: String = "{}", effect: String = "Allow"
    ) throws -> PolicyDocument {
        try PolicyDocument(
            parsing: Array(
                #"{"Version":"2012-10-17","Statement":{"Effect":"\#(effect)","Principal":\#(principal),"#.utf8)
                + Array(#""Action":\#(action),"Resource":\#(resource),"Condition":\#(condition)}}"#.utf8))
    }

    private static let keys: Set<String> = ["aws:sourceip", "aws:principalarn"]

    @Test("is public where it lets in everybody, and no condition names somebody known")
    func everybody() throws {
        #expect(try policy().allowsEverybody(unlessNarrowedBy: Self.keys))
        #expect(try policy(principal: #"{"AWS":"*"}"#).allowsEverybody(unlessNarrowedBy: Self.keys))
        #expect(
            try policy(principal: #"{"Federated":"graph.facebook.com"}"#).allowsEverybody(unlessNarrowedBy: Self.keys))
        #expect(try !policy(principal: #"{"AWS":"000000000000"}"#).allowsEverybody(unlessNarrowedBy: Self.keys))
        #expect(try !policy(effect: "Deny").allowsEverybody(unlessNarrowedBy: Self.keys))
    }

    @Test(
        "is not public where a condition narrows it",
        arguments: [
            (#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#, false),
            (#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, true),
            (#"{"IpAddress":{"aws:SourceIp":["192.0.2.0/24","0.0.0.0/1"]}}"#, true),
            (#"{"IpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}}"#, true),
            (#"{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#, true),
            (#"{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:user/a"}}"#, false),
            (#"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*"}}"#, true),
            (#"{"StringEquals":{"aws:PrincipalArn":"${aws:username}"}}"#, true),
            (#"{"ForAllValues:StringEquals":{"aws:PrincipalArn":"a"}}"#, true),
            (#"{"StringEquals":{"s3:prefix":"a"}}"#, true),
        ])
    func conditions(_ condition: String, _ isPublic: Bool) throws {
        #expect(try policy(condition: condition).allowsEverybody(unlessNarrowedBy: Self.keys) == isPublic)
    }

    @Test("is of one bucket and one service, or of more")
    func scope() throws {
        for (resource, isOnly) in [
            ("arn:aws:s3:::b", true), ("arn:aws:s3:::b/*", true), ("arn:aws:s3:::b/a?", true),
            ("arn:aws:s3:::b*", false),
            ("arn:aws:s3:::bc", false), ("arn:aws:s3:::*", false), ("*", false),
        ] {
            #expect(
                try policy(resource: "\"\(resource)\"").isOnlyAbout(resource: "arn:aws:s3:::b") == isOnly, "\(resource)"
            )
        }
        for (action, isOnly) in [("s3:*", true), ("*", true), ("S3:Get*", true), ("kms:Decrypt", false)] {
            #expect(try policy(action: "\"\(action)\"").isOnlyAbout(service: "s3") == isOnly, "\(action)")
        }
    }

    /// The story: a key that only a variable named was not found out, and what was denied by it was denied to nobody.
    @Test("asks for what its conditions look at and for what its variables stand for")
    func keys() throws {
        let prefix = "s3:existingobjecttag/"
        let asking = [
            try policy(condition: #"{"StringEquals":{"s3:ExistingObjectTag/a":"b"}}"#),
            try policy(condition: #"{"StringEquals":{"aws:username":"${s3:ExistingObjectTag/a}"}}"#),
            try policy(condition: #"{"StringEquals":{"aws:username":["x","${s3:ExistingObjectTag/a, 'b'}"]}}"#),
            try policy(resource: #""arn:aws:s3:::b/${s3:ExistingObjectTag/a}/*""#),
        ]
        for policy in asking {
            #expect(policy.asksForKeys(beginningWith: prefix) && policy.conditionKeys.contains(prefix + "a"))
        }
        let other = try policy(condition: #"{"StringEquals":{"aws:username":"s3:ExistingObjectTag/a"}}"#)
        #expect(!other.asksForKeys(beginningWith: prefix) && other.conditionKeys == ["aws:username"])
    }

    @Test("that stands in for one which cannot be read denies everything")
    func denial() {
        let request = PolicyRequest(principal: .anonymous, action: "s3:GetObject", resource: "arn:aws:s3:::b/k")
        #expect(PolicyDocument.denyingEverything.decision(for: request) == .explicitlyDenied(sid: nil))
    }
}
