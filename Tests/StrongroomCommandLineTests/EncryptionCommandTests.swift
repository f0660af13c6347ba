#if CommandLineTool
import Foundation
import Testing

/// Keys of the key service and of customers, as scripts use them.
@Suite("Command line: encryption")
struct EncryptionCommandTests {
    private func makeStore(_ strongroom: borrowing Strongroom) throws {
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        try strongroom.write("key", Data((0..<32).map { $0 }))
        try strongroom.write("other", Data((1..<33).map { $0 }))
        try strongroom.write("file", Data("what is to be kept".utf8))
    }

    private func head(_ strongroom: borrowing Strongroom, _ arguments: String...) throws -> [String: Any] {
        try strongroom.run(["head"] + arguments + ["--json"]).lines.first ?? [:]
    }

    @Test("keys are made, named, disabled and rotated; objects under them follow")
    func keyService() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let created = try strongroom("key", "create", "--alias", "alias/app", "--description", "of the app", "--json")
        let arn = try #require(created.lines.first?["keyId"] as? String)
        #expect(arn.hasPrefix("arn:aws:kms:") && created.lines.first?["state"] as? String == "Enabled")
        #expect(try strongroom("key", "create", "--alias", "alias/app", "--json").status == 1)
        let aliases = try strongroom("key", "alias", "list", "--json").lines
        #expect(aliases.contains { $0["aliasName"] as? String == "alias/app" })
        let bucket = try strongroom(
            "bucket", "create", "letters", "--default-encryption", "aws:kms", "--kms-key-id", "alias/app",
            "--bucket-key", "--json"
        ).lines.first
        #expect(bucket?["defaultEncryption"] as? String == "aws:kms")
        #expect(bucket?["defaultKmsKeyId"] as? String == "alias/app" && bucket?["bucketKeyEnabled"] as? Bool == true)
        #expect(bucket?["blockedEncryptionTypes"] as? [String] == ["SSE-C"])

        #expect(try strongroom("put", "file", "letters/shared").status == 0)
        #expect(
            try strongroom(
                "put", "file", "letters/own", "--sse", "aws:kms", "--sse-kms-key-id", arn, "--no-bucket-key",
                "--encryption-context", "tenant=blue"
            ).status == 0)
        // More that is current than what a second pass has to do trapped where progress was told.
        #expect(try strongroom("bucket", "create", "more").status == 0)
        for object in ["letters/s3", "more/1", "more/2", "more/3"] {
            #expect(try strongroom("put", "file", object, "--sse", "AES256").status == 0)
        }
        #expect(try strongroom("put", "file", "letters/x", "--sse-kms-key-id", arn).status == 64)
        let shared = try head(strongroom, "letters/shared")
        #expect(shared["serverSideEncryption"] as? String == "aws:kms" && shared["keyId"] as? String == arn)
        #expect(shared["bucketKeyEnabled"] as? Bool == true && shared["keyVersion"] == nil)
        let own = try head(strongroom, "letters/own")
        #expect(own["encryptionContext"] as? [String: String] == ["tenant": "blue"])
        #expect(own["bucketKeyEnabled"] as? Bool == false && own["keyVersion"] is String)

        #expect(try strongroom("key", "disable", "alias/app", "--json").lines.first?["state"] as? String == "Disabled")
        let refused = try strongroom("get", "letters/own", "out", "--json")
        #expect(refused.status == 1 && refused.error?["code"] as? String == "keyDisabled")
        #expect(try strongroom("get", "letters/s3", "out").status == 0)
        #expect(try strongroom("key", "enable", arn).status == 0)
        #expect(try strongroom("key", "rotate", "alias/app").status == 0)
        #expect(try strongroom("key", "rotations", arn, "--json").lines.count == 2)
        let usage = try strongroom("key", "usage", "alias/app", "--json").lines
        #expect(usage.count == 1 && usage.first?["bucket"] as? String == "letters")
        #expect(usage.first?["keyId"] as? String == arn && usage.first?["objects"] as? Int == 2)
        #expect(usage.first?["bytes"] as? Int == 36 && usage.first?["bucketKeys"] as? Int == 1)
        #expect(usage.first?["complianceLocked"] as? Int == 0 && usage.first?["complianceLockedUntil"] == nil)
        #expect((usage.first?["versions"] as? [[String: Any]])?.count == 1)
        #expect(try strongroom("key", "usage", "alias/none", "--json").error?["code"] as? String == "keyNotFound")
        #expect(try strongroom("key", "usage", "nowhere", "--json").lines.first?["objects"] as? Int == 0)
        let versions = try strongroom("key", "rotations", arn, "--json").lines
        #expect(versions.map { $0["objects"] as? Int ?? -1 }.sorted() == [0, 2])
        let rewrapped = try strongroom("encryption", "rewrap", "--json").lines.first
        #expect(rewrapped?["rewrapped"] as? Int == 2 && rewrapped?["failures"] as? Int == 0)
        #expect(try strongroom("encryption", "rewrap", "--json").lines.first?["rewrapped"] as? Int == 0)
        let current = try strongroom("key", "rotations", arn, "--json").lines
        #expect(current.first { $0["isCurrent"] as? Bool == true }?["objects"] as? Int == 2)
        let updated = try strongroom("encryption", "update", "letters/s3", "--sse-kms-key-id", "alias/app", "--json")
        #expect(updated.lines.first?["keyId"] as? String == arn)
        for name in ["shared", "own", "s3"] {
            #expect(try strongroom("get", "letters/\(name)", "out").status == 0)
            #expect(try strongroom.read("out") == strongroom.read("file"))
        }
        let coverage = try strongroom("encryption", "coverage", "letters", "--json").lines
        #expect(coverage.compactMap { $0["objects"] as? Int }.reduce(0, +) == 3)
        #expect(coverage.allSatisfy { $0["keyId"] as? String == arn })
        #expect(try strongroom("verify", "--data").status == 0)
        #expect(try strongroom("key", "describe", "nowhere", "--json").error?["code"] as? String == "keyNotFound")
    }

    /// The story: a page named a command for it, and there was none.
    @Test("the store's own key is rotated, and what is under it is wrapped anew")
    func managedKey() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("bucket", "create", "more").status == 0)
        for object in ["more/1", "more/2"] { #expect(try strongroom("put", "file", object).status == 0) }
        let rotated = try strongroom("key", "rotate-managed", "--json")
        #expect(rotated.lines.first?["serverSideEncryption"] as? String == "AES256")
        for count in [2, 0] {
            #expect(try strongroom("encryption", "rewrap", "--json").lines.first?["rewrapped"] as? Int == count)
        }
        #expect(try strongroom("get", "more/1", "out").status == 0)
        #expect(try strongroom.read("out") == strongroom.read("file"))
    }

    @Test("a key's policy is shown and put, and a bad one is refused with its place")
    func keyPolicies() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("key", "create", "--alias", "alias/app").status == 0)
        let standard = try #require(try strongroom("key", "policy", "alias/app", "--json").lines.first)
        #expect((standard["policy"] as? String)?.contains("kms:*") == true)
        let arn = try #require(
            try strongroom("key", "describe", "alias/app", "--json").lines.first?["keyId"] as? String)
        #expect(try strongroom("bucket", "create", "letters").status == 0)
        let put = ["put", "file", "letters/a", "--sse", "aws:kms", "--sse-kms-key-id", "alias/app"]
        #expect(try strongroom.run(put).status == 0)
        let root =
            #"{"Sid":"Root","Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"kms:*","Resource":"*"}"#
        let deny = #"{"Sid":"Stop","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"}"#
        let policy = #"{"Version":"2012-10-17","Statement":[\#(root),\#(deny)]}"#
        try strongroom.write("policy", Data(policy.utf8))
        let shown = try strongroom("key", "policy", arn, "--set", "policy", "--json").lines.first
        #expect(shown?["policy"] as? String == policy)
        let refused = try strongroom("get", "letters/a", "out", "--json")
        #expect(refused.status == 1 && refused.error?["code"] as? String == "accessDenied")
        try strongroom.write("policy", Data("{\n \"Version\": 7}".utf8))
        let malformed = try strongroom("key", "policy", arn, "--set", "policy", "--json")
        #expect(malformed.status == 1 && malformed.error?["code"] as? String == "invalidRequest")
        #expect((malformed.error?["message"] as? String)?.contains("line 2") == true)
        #expect(try strongroom("key", "policy", arn, "--bypass-lockout-check").status == 64)
        #expect(try strongroom("key", "create", "--policy", "missing").status == 1)
        try strongroom.write("policy", Data((standard["policy"] as? String ?? "").utf8))
        #expect(try strongroom("key", "policy", arn, "--set", "policy").status == 0)
        #expect(try strongroom("get", "letters/a", "out").status == 0)
    }

    /// The story: the policy was in force, and the command failed, because it read back what it no longer may.
    @Test("a policy that shuts its giver out is put where that is meant, and a key is made with one")
    func lockout() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let created = try strongroom("key", "create", "--json").lines.first
        let arn = try #require(created?["keyId"] as? String)
        let policy =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","#
            + #""Principal":{"AWS":"arn:aws:iam::000000000000:user/bob"},"Action":"kms:*","Resource":"*"}]}"#
        try strongroom.write("policy", Data(policy.utf8))
        for command in [["policy", arn, "--set", "policy"], ["create", "--policy", "policy"]] {
            let refused = try strongroom.run(["key"] + command + ["--json"])
            #expect(refused.status == 1 && refused.error?["code"] as? String == "invalidRequest")
            #expect((refused.error?["message"] as? String)?.contains("--bypass-lockout-check") == true)
        }
        let put = try strongroom("key", "policy", arn, "--set", "policy", "--bypass-lockout-check", "--json")
        #expect(put.status == 0 && put.lines.first as? [String: String] == ["keyId": arn, "policy": policy])
        #expect(try strongroom("key", "policy", arn, "--json").error?["code"] as? String == "accessDenied")
        let made = try strongroom("key", "create", "--policy", "policy", "--bypass-lockout-check", "--json")
        #expect(made.status == 0 && made.lines.first?["keyId"] is String, "\(made.errors)")
    }

    /// The story: with each attempt a key was made that got no name.
    @Test("a key is not made for an alias that names another one")
    func takenAlias() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let created = try strongroom("key", "create", "--alias", "alias/app", "--json").lines.first
        let arn = try #require(created?["keyId"] as? String)
        let count = try strongroom("key", "list", "--json").lines.count
        let again = try strongroom("key", "create", "--alias", "alias/app", "--json")
        #expect(again.status == 1 && again.error?["code"] as? String == "invalidRequest")
        #expect((again.error?["message"] as? String)?.contains(arn) == true, "\(again.errors)")
        #expect(try strongroom("key", "list", "--json").lines.count == count)
    }

    @Test("keys are scheduled for deletion and had back, rotate by themselves, are tagged and granted")
    func keyLives() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("bucket", "create", "letters").status == 0)
        let created = try #require(try strongroom("key", "create", "--json").lines.first)
        let arn = try #require(created["keyId"] as? String)
        #expect(created["arn"] as? String == arn)
        #expect(
            try strongroom("put", "file", "letters/a", "--sse", "aws:kms", "--sse-kms-key-id", arn).status == 0)
        #expect(try strongroom("key", "schedule-deletion", arn, "--days", "6").status == 1)
        #expect(try strongroom("key", "schedule-deletion", arn, "--days=-1").status == 64)
        let scheduled = try strongroom("key", "schedule-deletion", arn, "--days", "7", "--json").lines.first
        #expect(scheduled?["state"] as? String == "PendingDeletion" && scheduled?["deletionMilliseconds"] != nil)
        let refused = try strongroom("get", "letters/a", "out", "--json")
        #expect(refused.status == 1 && refused.error?["code"] as? String == "invalidKeyState")
        let cancelled = try strongroom("key", "cancel-deletion", arn, "--json").lines.first
        #expect(cancelled?["state"] as? String == "Disabled" && cancelled?["deletionMilliseconds"] == nil)
        #expect(try strongroom("key", "enable", arn).status == 0)
        #expect(try strongroom("get", "letters/a", "out").status == 0)

        #expect(try strongroom("key", "rotation", arn, "--json").lines.first?["isAutomatic"] as? Bool == false)
        let rotation = try strongroom("key", "rotation", arn, "--every", "90", "--json").lines.first
        #expect(rotation?["rotationPeriodInDays"] as? Int == 90 && rotation?["nextRotationMilliseconds"] is Int)
        #expect(try strongroom("key", "rotation", arn, "--every", "90", "--off").status == 64)
        #expect(try strongroom("key", "rotation", arn, "--off").status == 0)
        let tags = try strongroom("key", "tag", arn, "team=blue", "x=y", "--json").lines.first
        #expect(tags?["tags"] as? [String: String] == ["team": "blue", "x": "y"])
        let fewer = try strongroom("key", "tag", arn, "--remove", "x", "--json").lines.first
        #expect(fewer?["tags"] as? [String: String] == ["team": "blue"])

        let tenant = "arn:aws:iam::111122223333:role/tenant"
        let grant = try strongroom(
            "key", "grant", "create", arn, "--to", tenant, "--operation", "Decrypt", "--operation", "GenerateDataKey",
            "--context-subset", "tenant=blue", "--name", "blue", "--json"
        ).lines.first
        #expect(grant?["encryptionContextSubset"] as? [String: String] == ["tenant": "blue"])
        let listed = try strongroom("key", "grant", "list", arn, "--json").lines
        #expect(listed.count == 1 && listed[0]["grantId"] as? String == grant?["grantId"] as? String)
        #expect(listed[0]["grantToken"] == nil)
        #expect(try strongroom("key", "grant", "create", arn, "--to", tenant, "--operation", "Sign").status == 1)
        #expect(try strongroom("key", "grant", "retire", try #require(grant?["grantToken"] as? String)).status == 0)
        let second = try strongroom(
            "key", "grant", "create", arn, "--to", tenant, "--operation", "Decrypt", "--json"
        ).lines.first
        #expect(
            try strongroom("key", "grant", "revoke", arn, try #require(second?["grantId"] as? String)).status == 0)
        #expect(try strongroom("key", "grant", "list", arn, "--json").lines.isEmpty)
    }

    @Test("a customer's key is needed each time, and buckets block it until they are told otherwise")
    func customerKeys() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("bucket", "create", "vault").status == 0)
        let blocked = try strongroom("put", "file", "vault/a", "--sse-c-key-file", "key", "--json")
        #expect(blocked.error?["code"] as? String == "accessDenied")
        let allowed = try strongroom("bucket", "encryption", "vault", "--allow-sse-c", "--json").lines.first
        #expect(allowed?["blockedEncryptionTypes"] as? [String] == [])
        #expect(try strongroom("put", "file", "vault/a", "--sse-c-key-file", "key").status == 0)
        let head = try head(strongroom, "vault/a", "--sse-c-key-file", "key")
        #expect(head["sseCustomerAlgorithm"] as? String == "AES256" && head["serverSideEncryption"] == nil)
        #expect((head["customerKeyFingerprint"] as? String)?.count == 16)
        for (arguments, code) in [
            ([String](), "invalidRequest"), (["--sse-c-key-file", "other"], "accessDenied"),
            (["--sse-c-key-file", "file"], "inputOutput"),
        ] {
            for command in [["get", "vault/a", "out"], ["head", "vault/a"]] {
                let result = try strongroom.run(command + arguments + ["--json"])
                #expect(result.status == 1 && result.error?["code"] as? String == code, "\(command)")
            }
        }
        #expect(try strongroom("get", "vault/a", "out", "--sse-c-key-file", "key").status == 0)
        #expect(try strongroom.read("out") == strongroom.read("file"))
        #expect(
            try strongroom(
                "copy", "vault/a", "vault/b", "--source-sse-c-key-file", "key", "--sse-c-key-file", "other"
            ).status == 0)
        #expect(try strongroom("get", "vault/b", "out", "--sse-c-key-file", "other").status == 0)
        let verified = try strongroom("verify", "--data", "--json")
        #expect(verified.status == 0 && verified.lines.last?["unopenedObjects"] as? Int == 2)

        #expect(try strongroom("put", "file", "vault/tree/plain").status == 0)
        #expect(try strongroom("put", "file", "vault/tree/sealed", "--sse-c-key-file", "key").status == 0)
        #expect(
            try strongroom("export", "vault/tree", "refused", "--json").error?["code"] as? String == "invalidRequest")
        #expect(try strongroom("export", "vault/tree", "tree", "--sse-c-key-file", "key").status == 0)
        for name in ["plain", "sealed"] { #expect(try strongroom.read("tree/\(name)") == strongroom.read("file")) }
    }

    #if DualLayer
    @Test("two layers are asked for, told of, and read like any other object")
    func twoLayers() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("key", "create", "--alias", "alias/app").status == 0)
        let bucket = try strongroom(
            "bucket", "create", "letters", "--default-encryption", "aws:kms:dsse", "--kms-key-id", "alias/app", "--json"
        ).lines.first
        #expect(bucket?["defaultEncryption"] as? String == "aws:kms:dsse")
        #expect(bucket?["defaultKmsKeyId"] as? String == "alias/app" && bucket?["bucketKeyEnabled"] as? Bool == false)
        #expect(try strongroom("put", "file", "letters/a").status == 0)
        let named = ["--sse", "aws:kms:dsse", "--sse-kms-key-id", "alias/app", "--encryption-context", "tenant=blue"]
        #expect(try strongroom.run(["put", "file", "letters/b"] + named).status == 0)
        // There is no Bucket Key for two layers.
        #expect(try strongroom.run(["put", "file", "letters/c"] + named + ["--bucket-key"]).status == 64)
        #expect(
            try strongroom("bucket", "encryption", "letters", "--set", "aws:kms:dsse", "--bucket-key").status == 64)
        for name in ["a", "b"] {
            let head = try head(strongroom, "letters/\(name)")
            #expect(head["serverSideEncryption"] as? String == "aws:kms:dsse" && head["keyVersion"] is String)
            #expect((head["encryptionContext"] as? [String: String])?.count == (name == "a" ? 0 : 1))
            #expect(try strongroom("get", "letters/\(name)", "out-\(name)").status == 0)
            #expect(try strongroom.read("out-\(name)") == Data("what is to be kept".utf8))
        }
        let coverage = try strongroom("encryption", "coverage", "--json").lines
        #expect(coverage.map { $0["serverSideEncryption"] as? String } == ["aws:kms:dsse"])
        #expect(coverage.first?["unlikeDefault"] as? Int == 0)
        #expect(try strongroom("bucket", "encryption", "letters", "--set", "AES256").status == 0)
        let strict = try strongroom("encryption", "reseal", "letters", "--json")
        #expect(strict.lines.first?["notTouched"] as? Int == 2 && strict.lines.first?["resealed"] as? Int == 0)
        let lesser = ["encryption", "reseal", "letters", "--allow-lesser-modes", "--json"]
        let reseal = try strongroom.run(lesser + ["--limit", "1"]).lines.first
        #expect(reseal?["resealed"] as? Int == 1)
        let after = try #require(reseal?["after"] as? String)
        let rest = try strongroom.run(lesser + ["--after", after]).lines.first
        #expect(rest?["resealed"] as? Int == 1 && rest?["after"] == nil)
        #expect(try head(strongroom, "letters/a")["serverSideEncryption"] as? String == "AES256")
        let anew = try strongroom("encryption", "reseal", "letters", "--new-data-keys", "--json").lines.first
        #expect(anew?["resealed"] as? Int == 2 && anew?["failures"] as? Int == 0)
        #expect(try strongroom("encryption", "reseal", "nowhere", "--json").error?["code"] as? String == "noSuchBucket")
        #expect(try strongroom.run(["put", "file", "letters/a"] + named).status == 0)
        let update = try strongroom("encryption", "update", "letters/a", "--sse-kms-key-id", "alias/app", "--json")
        #expect(update.status == 1 && update.error?["code"] as? String == "invalidRequest")
    }
    #endif
}
#endif
