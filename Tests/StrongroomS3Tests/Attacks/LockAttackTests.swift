import Strongroom
import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import Testing

@testable import StrongroomS3Protocol

/// Attack 37: ways around a lock, over HTTP. `RequestAttackTests` has those that need no key service.
@Suite("Attacks on locks over HTTP") struct LockAttackTests {
    private static let locks: [S3Fixture.Headers] = [
        [
            ("x-amz-object-lock-mode", "COMPLIANCE"),
            ("x-amz-object-lock-retain-until-date", "2090-01-01T00:00:00Z"),
        ],
        [
            ("x-amz-object-lock-mode", "GOVERNANCE"),
            ("x-amz-object-lock-retain-until-date", "2090-01-01T00:00:00Z"),
        ],
        [("x-amz-object-lock-legal-hold", "ON")],
    ]

    private static func bucket() async throws -> KeyServiceFixture {
        let fixture = try await KeyServiceFixture()
        let made = try await fixture.s3.send("PUT", "/locked", [("x-amz-bucket-object-lock-enabled", "true")])
        #expect(made.status == 200)
        return fixture
    }

    private static func put(
        _ fixture: KeyServiceFixture, _ key: String, _ headers: S3Fixture.Headers
    ) async throws -> String {
        let put = try await fixture.s3.send("PUT", "/locked/\(key)", headers, body: [1, 2])
        #expect(put.status == 200, "\(put.text)")
        return try #require(put.headers["x-amz-version-id"])
    }

    @Test("rules that let objects go leave what is locked, and delete the bucket's other objects")
    func lifecycle() async throws {
        let fixture = try await Self.bucket()
        var versions: [(key: String, id: String)] = []
        for (index, headers) in Self.locks.enumerated() {
            versions.append(("k\(index)", try await Self.put(fixture, "k\(index)", headers)))
        }
        let free = try await Self.put(fixture, "free", [])
        let rules =
            "<LifecycleConfiguration><Rule><ID>a</ID><Filter/><Status>Enabled</Status><Expiration>"
            + "<Date>2020-01-01T00:00:00Z</Date></Expiration><NoncurrentVersionExpiration><NoncurrentDays>1"
            + "</NoncurrentDays></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>"
        #expect(try await fixture.s3.document("PUT", "/locked?lifecycle", rules).status == 200)
        let report = try await fixture.s3.store.runLifecycle()
        // Where there are versions, what expires is hidden behind a marker.
        #expect(report.hiddenCount == 4)
        for (key, id) in versions + [("free", free)] {
            #expect(try await fixture.s3.send("GET", "/locked/\(key)").status == 404)
            #expect(try await fixture.s3.send("GET", "/locked/\(key)?versionId=\(id)").body == [1, 2])
        }
        #expect(try await fixture.s3.send("DELETE", "/locked/free?versionId=\(free)").status == 204)
        for (key, id) in versions {
            #expect(try await fixture.s3.send("DELETE", "/locked/\(key)?versionId=\(id)").status == 403)
        }
    }

    @Test("copies over it, uploads over it and deletions leave the version; its bucket stays")
    func over() async throws {
        let fixture = try await Self.bucket()
        let s3 = fixture.s3
        for headers in Self.locks {
            let id = try await Self.put(fixture, "k", headers)
            let source = "locked/k?versionId=\(id)"
            let replace: S3Fixture.Headers = [("x-amz-copy-source", source), ("x-amz-metadata-directive", "REPLACE")]
            #expect(try await s3.send("PUT", "/locked/k", replace).status == 200)
            let begun = try await s3.send("POST", "/locked/k?uploads")
            let upload = "/locked/k?uploadId=\(try #require(begun.element("UploadId")))"
            let part = try await s3.send("PUT", upload + "&partNumber=1", body: [3])
            let list =
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(part.headers["etag"] ?? "")</ETag></Part>"
                + "</CompleteMultipartUpload>"
            #expect(try await s3.send("POST", upload, body: Array(list.utf8)).status == 200)
            #expect(try await s3.send("DELETE", "/locked/k").status == 204)
            let batch = "<Delete><Object><Key>k</Key><VersionId>\(id)</VersionId></Object></Delete>"
            let deleted = try await s3.document("POST", "/locked?delete", batch)
            #expect(deleted.text.contains("<Code>AccessDenied</Code>"), "\(deleted.text)")
            #expect(try await s3.send("DELETE", "/locked").code == "BucketNotEmpty")
            let suspended = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"
            #expect(try await s3.document("PUT", "/locked?versioning", suspended).status == 409)
            let found = try await s3.send("GET", "/locked/k?versionId=\(id)")
            #expect(found.body == [1, 2])
            for (name, value) in headers { #expect(found.headers[name]?.hasPrefix(value.prefix(10)) == true) }
        }
    }

    /// The fixture's clock stands in 2027 and the store's own does not: a client says neither of them.
    @Test("no header of a client's moves the clock")
    func clocks() async throws {
        let fixture = try await Self.bucket()
        let id = try await Self.put(fixture, "k", Self.locks[0])
        let late: Int64 = 4_000_000_000_000
        let headers = try S3Fixture.signed(
            "DELETE", "/locked/k", "versionId=\(id)",
            [("host", "localhost"), ("date", "Fri, 01 Jan 2100 00:00:00 GMT")],
            [], fixture.s3.administrator, atMilliseconds: late)
        let skewed = try await fixture.s3.deliver("DELETE", "/locked/k", "versionId=\(id)", headers)
        #expect(skewed.status == 403 && skewed.code == "RequestTimeTooSkewed", "\(skewed.text)")
        let dated = try await fixture.s3.send(
            "DELETE", "/locked/k?versionId=\(id)", [("date", "Fri, 01 Jan 2100 00:00:00 GMT")])
        #expect(dated.status == 403 && dated.code == "AccessDenied", "\(dated.text)")
        #expect(try await fixture.s3.send("GET", "/locked/k?versionId=\(id)").body == [1, 2])
    }

    private static func sealed(under key: JSONValue) -> S3Fixture.Headers {
        [(EncryptionHeaders.mode, "aws:kms"), (EncryptionHeaders.keyID, key.text ?? "")]
    }

    @Test("the key of an object in compliance mode is not destroyed; before there was one, it could be")
    func keys() async throws {
        let fixture = try await Self.bucket()
        let key = try await fixture.key()
        let free = try await Self.put(fixture, "free", Self.sealed(under: key))
        #expect(try await fixture.ask("ScheduleKeyDeletion", ["KeyId": key]).status == 200)
        #expect(try await fixture.ask("CancelKeyDeletion", ["KeyId": key]).status == 200)
        #expect(try await fixture.ask("EnableKey", ["KeyId": key]).status == 200)
        #expect(try await fixture.s3.send("DELETE", "/locked/free?versionId=\(free)").status == 204)
        let id = try await Self.put(fixture, "k", Self.locks[0] + Self.sealed(under: key))
        for days in ["7", "30"] {
            let reply = try await fixture.ask(
                "ScheduleKeyDeletion", ["KeyId": key, "PendingWindowInDays": .number(days)])
            #expect(reply.status == 400 && reply.type == "KMSInvalidStateException", "\(reply.message)")
        }
        #expect(try await fixture.ask("RotateKeyOnDemand", ["KeyId": key]).status == 200)
        #expect(try await fixture.s3.send("GET", "/locked/k?versionId=\(id)").body == [1, 2])
    }

    @Test("nor is the imported material of such a key deleted")
    func materials() async throws {
        let fixture = try await Self.bucket()
        let key = try await fixture.key(["Origin": .string("EXTERNAL")])
        let parameters = try await fixture.ask(
            "GetParametersForImport",
            [
                "KeyId": key, "WrappingAlgorithm": .string("RSAES_OAEP_SHA_256"),
                "WrappingKeySpec": .string("RSA_2048"),
            ])
        let publicKey = try #require(PaddedBase64.decode(parameters.string("PublicKey") ?? ""))
        let wrapped = try PublicKeyEncryption.encrypt([UInt8](repeating: 7, count: 32), for: publicKey, usesSHA1: false)
        let imported = try await fixture.ask(
            "ImportKeyMaterial",
            [
                "KeyId": key, "ImportToken": try #require(parameters.members["ImportToken"]),
                "EncryptedKeyMaterial": .string(PaddedBase64.encode(wrapped)),
                "ExpirationModel": .string("KEY_MATERIAL_DOES_NOT_EXPIRE"),
            ])
        #expect(imported.status == 200, "\(imported.message)")
        let id = try await Self.put(fixture, "k", Self.locks[0] + Self.sealed(under: key))
        let reply = try await fixture.ask("DeleteImportedKeyMaterial", ["KeyId": key])
        #expect(reply.status == 400 && reply.type == "KMSInvalidStateException", "\(reply.message)")
        #expect(try await fixture.s3.send("GET", "/locked/k?versionId=\(id)").body == [1, 2])
    }
}
