import Strongroom
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// Who may use which key of the key service for objects: decided as when the service is asked itself.
///
/// The story: a user's policies were asked about a key by the name that the request gave it. What they denied of a key
/// was allowed under its alias, and as a bucket's default; and a key whose policy named the user was refused.
@Suite("Keys of objects") struct ObjectKeyUseTests {
    private static let encryption = "x-amz-server-side-encryption"
    private static let keyID = "x-amz-server-side-encryption-aws-kms-key-id"

    private let fixture: KeyServiceFixture
    private let arn: String

    init() async throws {
        fixture = try await KeyServiceFixture()
        arn = try #require(try await fixture.ask("CreateKey").member("KeyMetadata", "Arn")?.text)
        #expect(
            try await fixture.ask(
                "CreateAlias", ["AliasName": .string("alias/payroll"), "TargetKeyId": .string(arn)]
            ).status == 200)
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
    }

    private static func policy(_ statements: String...) -> String {
        #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
    }

    private static func statement(_ effect: String, _ actions: String, on resource: String = "*") -> String {
        #"{"Effect":"\#(effect)","Action":[\#(actions)],"Resource":"\#(resource)"}"#
    }

    private static let objects = statement("Allow", #""s3:*""#)

    private func put(_ key: String, under name: String?, as signer: S3Fixture.Signer) async throws -> Int {
        var headers = [(name: Self.encryption, value: "aws:kms")]
        if let name { headers.append((Self.keyID, name)) }
        return try await fixture.s3.send("PUT", "/data/\(key)", headers, body: [1, 2], as: signer).status
    }

    /// A key by all of its names: for each of them it is the same one.
    private var names: [String] {
        [
            arn, String(arn.split(separator: "/")[1]), "alias/payroll",
            "arn:aws:kms:us-east-1:000000000000:alias/payroll",
        ]
    }

    @Test("What a user's policy denies of a key it denies under each of its names, and as a bucket's default")
    func aliases() async throws {
        let eve = try await fixture.s3.user(
            "eve",
            policy: Self.policy(
                Self.objects, Self.statement("Allow", #""kms:*""#), Self.statement("Deny", #""kms:*""#, on: arn)))
        for name in names { #expect(try await put("k", under: name, as: eve) == 403, "\(name)") }
        #expect(try await put("other", under: nil, as: eve) == 200)
        let document =
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
            + "</SSEAlgorithm><KMSMasterKeyID>alias/payroll</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>"
            + "</ServerSideEncryptionConfiguration>"
        let body = Array(document.utf8)
        let set = try await fixture.s3.send("PUT", "/data?encryption", [PaddedMD5.header(body)], body: body)
        #expect(set.status == 200, "\(set.text)")
        #expect(try await fixture.s3.send("PUT", "/data/standard", body: [1], as: eve).status == 403)
        let begun = try await fixture.s3.send("POST", "/data/standard?uploads", as: eve)
        #expect(begun.status == 403)
        // What is there is not opened either, whoever put it.
        #expect(try await fixture.s3.send("PUT", "/data/standard", body: [1]).status == 200)
        #expect(try await fixture.s3.send("GET", "/data/standard", as: eve).status == 403)
        let copy = [(name: "x-amz-copy-source", value: "data/standard"), (name: Self.encryption, value: "AES256")]
        #expect(try await fixture.s3.send("PUT", "/data/copy", copy, as: eve).status == 403)
    }

    /// The story goes on: where the service does not look at policies they were still asked by the name that came.
    @Test("The same where the key service knows nothing of policies")
    func heedless() async throws {
        let fixture = try await KeyServiceFixture(backend: HeedlessKeyService.table)
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        let eve = try await fixture.s3.user(
            "eve",
            policy: Self.policy(
                Self.objects, Self.statement("Allow", #""kms:*""#),
                Self.statement("Deny", #""kms:*""#, on: HeedlessKeyService.payroll)))
        for name in [HeedlessKeyService.payroll, HeedlessKeyService.alias] {
            let headers = [(name: Self.encryption, value: "aws:kms"), (name: Self.keyID, value: name)]
            for signer in [eve, fixture.s3.administrator] {
                let status = signer.accessKeyID == eve.accessKeyID ? 403 : 200
                let copy = headers + [(name: "x-amz-copy-source", value: "data/plain")]
                #expect(try await fixture.s3.send("PUT", "/data/plain", body: [1], as: signer).status == 200)
                let put = try await fixture.s3.send("PUT", "/data/k", headers, body: [1], as: signer)
                #expect(put.status == status, "\(put.text)")
                #expect(try await fixture.s3.send("POST", "/data/k?uploads", headers, as: signer).status == status)
                #expect(try await fixture.s3.send("PUT", "/data/copy", copy, as: signer).status == status)
            }
        }
        #expect(try await fixture.s3.send("GET", "/data/k", as: eve).status == 403)
        let absent = [(name: Self.encryption, value: "aws:kms"), (name: Self.keyID, value: "alias/absent")]
        let refused = try await fixture.s3.send("PUT", "/data/k", absent, body: [1], as: eve)
        #expect(refused.isRefusal(400, "KMS.NotFoundException", beginning: ""), "\(refused.text)")
        // Of the bucket's default, too; and what is put names the key that was decided about.
        let bucket = fixture.s3.store.bucket("data")
        try await bucket.setDefaultEncryption(.kms(key: HeedlessKeyService.alias, bucketKey: true))
        #expect(try await fixture.s3.send("PUT", "/data/standard", body: [1], as: eve).status == 403)
        try await bucket.setDefaultEncryption(.kms(bucketKey: true))
        #expect(try await fixture.s3.send("PUT", "/data/standard", body: [1, 2], as: eve).status == 200)
        #expect(try await fixture.s3.send("GET", "/data/standard", as: eve).body == [1, 2])
        let descriptor = try await bucket.head("standard").encryption
        guard case .kms(let kms) = descriptor else {
            Issue.record("under \(descriptor)")
            return
        }
        #expect(kms.keyID == HeedlessKeyService.standard && kms.usesBucketKey)
    }

    /// The story: keys of a service elsewhere were decided without the context, and what was denied under one was not.
    @Test("The user's policies are asked with the encryption context where the key service knows nothing of policies")
    func contexts() async throws {
        let fixture = try await KeyServiceFixture(backend: HeedlessKeyService.table)
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        let sealed = [
            (name: Self.encryption, value: "aws:kms"), (name: Self.keyID, value: HeedlessKeyService.payroll),
        ]
        func user(_ name: String, _ condition: String) async throws -> S3Fixture.Signer {
            let deny = PolicyText.statement("Deny", ["kms:*"], ["*"], condition: condition)
            return try await fixture.s3.user(name, policy: PolicyText.of(PolicyText.allow(["s3:*", "kms:*"]), deny))
        }
        let arn = #""kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::data"#
        let eve = try await user("eve", #"{"StringLike":{\#(arn)/secret/*"}}"#)
        let ann = try await user("ann", #"{"Bool":{"aws:ViaAWSService":"false"}}"#)
        let bob = try await user("bob", #"{"StringNotEqualsIfExists":{"kms:EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}}"#)
        let cleo = try await user("cleo", #"{"StringEquals":{\#(arn)"}}"#)
        for key in ["secret/k", "open/k"] {
            #expect(try await fixture.s3.send("PUT", "/data/\(key)", sealed, body: [1]).status == 200)
            let status = key == "open/k" ? 200 : 403
            #expect(try await fixture.s3.send("GET", "/data/\(key)", as: eve).status == status)
            #expect(try await fixture.s3.send("PUT", "/data/\(key)", sealed, body: [1], as: eve).status == status)
            let copy = [(name: "x-amz-copy-source", value: "data/\(key)"), (name: Self.encryption, value: "AES256")]
            #expect(try await fixture.s3.send("PUT", "/data/copy", copy, as: eve).status == status)
            for signer in [ann, bob, cleo] {
                #expect(try await fixture.s3.send("GET", "/data/\(key)", as: signer).status == 200)
            }
        }
        // A Bucket Key is bound to the bucket.
        let shared = sealed + [(name: EncryptionHeaders.bucketKey, value: "true")]
        #expect(try await fixture.s3.send("PUT", "/data/secret/b", shared, body: [1], as: cleo).status == 403)
        #expect(try await fixture.s3.send("PUT", "/data/secret/b", shared, body: [1], as: eve).status == 200)
        try await fixture.s3.store.bucket("data").setDefaultEncryption(
            .kms(key: HeedlessKeyService.payroll, bucketKey: true))
        #expect(try await fixture.s3.send("PUT", "/data/open/c", sealed, body: [1], as: cleo).status == 403)
    }

    @Test("A key's policy that names the user is enough, as one that leaves it to the account is not")
    func keyPolicies() async throws {
        let ann = try await fixture.s3.user("ann", policy: Self.policy(Self.objects))
        for name in names { #expect(try await put("k", under: name, as: ann) == 403, "\(name)") }
        let policy = Self.policy(
            #"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":"kms:*","Resource":"*"}"#,
            #"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/ann"},"#
                + #""Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"*"}"#)
        let set = try await fixture.ask(
            "PutKeyPolicy", ["KeyId": .string(arn), "PolicyName": .string("default"), "Policy": .string(policy)])
        #expect(set.status == 200, "\(set.message)")
        for name in names { #expect(try await put("k", under: name, as: ann) == 200, "\(name)") }
        #expect(try await fixture.s3.send("GET", "/data/k", as: ann).body == [1, 2])
        let bob = try await fixture.s3.user("bob", policy: Self.policy(Self.objects))
        #expect(try await fixture.s3.send("GET", "/data/k", as: bob).status == 403)
    }

    @Test("A policy that is put denies at once, also where a Bucket Key is open for the user")
    func bucketKeys() async throws {
        let user = try await fixture.s3.user("joe", policy: Self.policy(Self.statement("Allow", #""*""#)))
        let headers = [
            (name: Self.encryption, value: "aws:kms"), (name: Self.keyID, value: arn),
            (name: "x-amz-server-side-encryption-bucket-key-enabled", value: "true"),
        ]
        #expect(try await fixture.s3.send("PUT", "/data/a", headers, body: [1], as: user).status == 200)
        #expect(try await fixture.s3.send("GET", "/data/a", as: user).body == [1])
        let denied = Self.policy(Self.statement("Allow", #""*""#), Self.statement("Deny", #""kms:*""#))
        _ = try await fixture.s3.store.setUserPolicy(denied, named: "own", of: "joe")
        #expect(try await fixture.s3.send("PUT", "/data/b", headers, body: [1], as: user).status == 403)
        #expect(try await fixture.s3.send("GET", "/data/a", as: user).status == 403)
    }

    @Test("Keys of the store's own are asked about no policies of users")
    func managed() async throws {
        let ann = try await fixture.s3.user(
            "ann", policy: Self.policy(Self.objects, Self.statement("Deny", #""kms:*""#)))
        #expect(try await fixture.s3.send("PUT", "/data/plain", body: [1], as: ann).status == 200)
        #expect(try await fixture.s3.send("GET", "/data/plain", as: ann).body == [1])
        let layers = [(name: Self.encryption, value: "aws:kms:dsse")]
        #expect(try await fixture.s3.send("PUT", "/data/two", layers, body: [1]).status == 200)
        #expect(try await fixture.s3.send("GET", "/data/two").body == [1])
        #expect(try await fixture.s3.send("GET", "/data/two", as: ann).status == 403)
    }
}
