import Strongroom
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// The story: a bucket policy that denied under a key that nobody tells was taken, and denied nothing.
///
/// Attack 26.
@Suite("Condition keys of bucket policies") struct BucketConditionKeyTests {
    private static func policy(_ condition: String, _ actions: [String] = ["s3:*"]) -> String {
        PolicyText.of(
            PolicyText.statement(
                "Deny", actions, ["arn:aws:s3:::data", "arn:aws:s3:::data/*"], principal: #""*""#, condition: condition)
        )
    }

    @Test("that there are not are refused, and the policy that was there stays")
    func unknown() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        let before = Self.policy(#"{"Bool":{"aws:SecureTransport":"false"}}"#)
        #expect(try await fixture.put(policy: before).status == 204)
        for key in [
            "s3:x-acl", "s3:x-amz-server-side-encryption-key", "s3:ExistingObjectTag", "s3:ExistingObjectTag/", "s3:",
            "aws:SourceAddress", "aws:PrincipalTag", "aws:PrincipalTag/", "aws:", "kms:ViaService", "ec2:Region",
            "SecureTransport", "s3:prefix ", " s3:prefix", "s3:prefix/a",
        ] {
            for test in ["StringNotEquals", "StringEqualsIfExists", "Null"] {
                let answer = try await fixture.put(policy: Self.policy(#"{"\#(test)":{"\#(key)":"true"}}"#))
                #expect(
                    answer.isRefusal(400, "MalformedPolicy", "Policy has an invalid condition key"),
                    "\(key): \(answer.status) \(answer.text)")
            }
            // Not hidden behind one that there is, nor in a later statement.
            let pair = #"{"Bool":{"aws:SecureTransport":"false"},"StringEquals":{"s3:prefix":"a","\#(key)":"a"}}"#
            #expect(try await fixture.put(policy: Self.policy(pair)).code == "MalformedPolicy", "\(key)")
        }
        #expect(try await fixture.send("GET", "/data?policy").text == before)
    }

    @Test("that there are are taken, whatever their letter case, also where no request here has them")
    func known() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        let others = [
            "aws:PrincipalOrgID", "aws:SourceVpce", "AWS:SOURCEIP", "aws:sourceip", "S3:Prefix",
            "aws:PrincipalTag/team",
            "aws:ResourceTag/a/b", "s3:DataAccessPointArn", "s3:ExistingObjectTag/class", "s3:BucketTag/a",
            "lambda:SourceFunctionArn", "s3:LocationConstraint",
        ]
        for key in BucketConditionKeys.told.sorted() + others {
            let condition = #"{"Null":{"\#(key)":"false"}}"#
            let answer = try await fixture.put(policy: Self.policy(condition, ["s3:PutObject"]))
            #expect(answer.status == 204, "\(key): \(answer.text)")
        }
    }

    @Test("a user's own policy may ask for any, as in IAM, and a policy that a bucket has decides as before")
    func others() async throws {
        let fixture = try await S3Fixture.withLockingBucket()
        let denial = #"{"StringNotEquals":{"s3:x-acl":"a"}}"#
        let bob = try await fixture.user(
            "bob",
            policy: PolicyText.of(
                PolicyText.allow(["s3:*"]), PolicyText.statement("Deny", ["s3:PutObject"], ["*"], condition: denial)))
        #expect(try await fixture.send("PUT", "/data/k", body: [1], as: bob).status == 403)
        #expect(try await fixture.send("GET", "/data", as: bob).status == 200)
        // One of before such keys were refused.
        let old = Self.policy(denial, ["s3:PutObject"])
        _ = try await fixture.store.bucket("data").setDocument(Array(old.utf8), .policy)
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 403)
        #expect(try await fixture.send("GET", "/data").status == 200)
    }

    @Test("that are said to be told are told, and no others")
    func told() async throws {
        let headers = BucketConditionKeys.told.filter { $0.hasPrefix("s3:x-amz-") }.map {
            (name: String($0.dropFirst("s3:".count)), value: "v/k")
        }
        let request = S3Request(
            method: "PUT", rawPath: "/data/k", rawQuery: "",
            headers: RequestHeaders(
                headers + [
                    ("user-agent", "u"), ("referer", "r"), ("if-match", "a"), ("if-none-match", "*"),
                    ("x-amz-object-lock-mode", "GOVERNANCE"), ("x-amz-object-lock-legal-hold", "ON"),
                    ("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z"), ("x-amz-tagging", "a=b"),
                ]),
            connection: ConnectionFacts(sourceAddress: "127.0.0.1", transport: .transportLayerSecurity(version: "1.3")),
            id: "TEST", body: RequestBodyStream { nil })
        let user = AuthenticatedUser(
            origin: .init(name: "ada", id: "AIDA", accessKeyID: "AKIA"), arn: "arn:aws:iam::000000000000:user/ada",
            id: "AIDA", account: "000000000000", canonicalAccount: "", isAdministrator: false, policyTexts: [],
            policies: [])
        // What puts, copies and listings act on; each is told of its own alone.
        var facts: [String: [String]] = [:]
        for operation in [S3Operation.putObject, .copyObject, .listObjectsV2] {
            let told = RequestConditions.facts(
                request, RequestQuery([("prefix", "a"), ("delimiter", "/"), ("max-keys", "1"), ("versionId", "1")]),
                operation, Identity.user(user), S3Settings(region: "us-east-1", domains: [], account: "000000000000"),
                signature: SignatureFacts(place: .query, ageMilliseconds: 1), nowMilliseconds: S3Fixture.now)
            #expect((told["s3:prefix"] == nil) == (operation != .listObjectsV2))
            #expect((told["s3:x-amz-copy-source"] == nil) == (operation != .copyObject))
            #expect((told["s3:RequestObjectTag/a"] == nil) == (operation != .putObject))
            facts.merge(told) { $1 }
        }
        let keys = Set(facts.keys.map { $0.lowercased() }).filter { key in
            !BucketConditionKeys.toldPrefixes.contains { key.hasPrefix($0) }
        }
        // `SecondFactorTests` has those of temporary credentials.
        let session: Set = ["aws:multifactorauthage", "aws:multifactorauthpresent", "aws:tokenissuetime"]
        #expect(keys.symmetricDifference(BucketConditionKeys.told) == session)
        #expect(facts["s3:RequestObjectTag/a"] == ["b"])
    }
}
