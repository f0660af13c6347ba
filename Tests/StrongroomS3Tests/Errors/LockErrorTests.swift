import Testing

@testable import StrongroomS3Protocol

/// What AWS answers about object lock, code by code and word for word.
///
/// Attack 37.
@Suite("Refusals of object lock") struct LockErrorTests {
    private static let mode = "x-amz-object-lock-mode"
    private static let date = "x-amz-object-lock-retain-until-date"
    /// The fixture's clock says 2027.
    private static let future = "2030-01-01T00:00:00Z"
    private static let past = "2020-01-01T00:00:00Z"

    /// `locked` has object lock, `data` has none.
    private static func buckets() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/locked", [("x-amz-bucket-object-lock-enabled", "true")]).status == 200)
        return fixture
    }

    private static func document(
        _ fixture: S3Fixture, _ target: String, _ text: String, _ headers: [(name: String, value: String)] = []
    ) async throws -> S3Fixture.Response {
        let bytes = Array(text.utf8)
        return try await fixture.send("PUT", target, headers + [PaddedMD5.header(bytes)], body: bytes)
    }

    private static func retention(_ mode: String, _ date: String) -> String {
        "<Retention><Mode>\(mode)</Mode><RetainUntilDate>\(date)</RetainUntilDate></Retention>"
    }

    private static func configuration(_ rule: String) -> String {
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\(rule)"
            + "</DefaultRetention></Rule></ObjectLockConfiguration>"
    }

    @Test("in headers of a put")
    func headers() async throws {
        let fixture = try await Self.buckets()
        func refused(
            _ bucket: String, _ headers: [(name: String, value: String)], _ code: String, _ words: String
        ) async throws {
            let answer = try await fixture.send("PUT", "/\(bucket)/k", headers, body: [1])
            #expect(answer.status == 400 && answer.code == code && answer.text.contains(words), "\(answer.text)")
        }
        try await refused(
            "locked", [(Self.mode, "GOVERNANCE")], "InvalidArgument",
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied")
        try await refused(
            "locked", [(Self.date, Self.future)], "InvalidArgument",
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied")
        try await refused(
            "locked", [(Self.mode, "governance"), (Self.date, Self.future)], "InvalidArgument",
            "Unknown wormMode directive.")
        try await refused(
            "locked", [(Self.mode, "GOVERNANCE"), (Self.date, Self.past)], "InvalidArgument",
            "The retain until date must be in the future!")
        try await refused(
            "data", [(Self.mode, "GOVERNANCE"), (Self.date, Self.future)], "InvalidRequest",
            "Bucket is missing Object Lock Configuration")
        try await refused(
            "data", [("x-amz-object-lock-legal-hold", "ON")], "InvalidRequest",
            "Bucket is missing Object Lock Configuration")
        #expect(try await fixture.send("GET", "/locked/k").status == 404)
    }

    @Test("where there is none")
    func absent() async throws {
        let fixture = try await Self.buckets()
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
        #expect(try await fixture.send("PUT", "/locked/k", body: [1]).status == 200)
        let configuration = try await fixture.send("GET", "/data?object-lock")
        #expect(configuration.status == 404 && configuration.code == "ObjectLockConfigurationNotFoundError")
        let object = try await fixture.send("GET", "/locked/k?retention")
        #expect(object.status == 404 && object.code == "NoSuchObjectLockConfiguration")
        for subresource in ["retention", "legal-hold"] {
            let answer = try await fixture.send("GET", "/data/k?\(subresource)")
            #expect(answer.status == 400 && answer.text.contains("Bucket is missing Object Lock Configuration"))
        }
        let put = try await Self.document(fixture, "/data/k?retention", Self.retention("GOVERNANCE", Self.future))
        #expect(put.status == 400 && put.text.contains("Bucket is missing Object Lock Configuration"), "\(put.text)")
        let enabling = try await Self.document(
            fixture, "/data?object-lock", Self.configuration("<Mode>GOVERNANCE</Mode><Days>1</Days>"))
        #expect(enabling.status == 409 && enabling.code == "InvalidBucketState", "\(enabling.text)")
        let suspending = try await Self.document(
            fixture, "/locked?versioning",
            "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>")
        #expect(suspending.status == 409 && suspending.code == "InvalidBucketState", "\(suspending.text)")
    }

    @Test("of documents that say what does not go together")
    func documents() async throws {
        let fixture = try await Self.buckets()
        for (rule, code) in [
            ("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>", "MalformedXML"),
            ("<Mode>GOVERNANCE</Mode>", "MalformedXML"), ("<Days>1</Days>", "MalformedXML"),
            ("<Mode>NEVER</Mode><Days>1</Days>", "MalformedXML"),
            ("<Mode>GOVERNANCE</Mode><Days>0</Days>", "InvalidRetentionPeriod"),
            ("<Mode>GOVERNANCE</Mode><Years>-1</Years>", "InvalidRetentionPeriod"),
        ] {
            let answer = try await Self.document(fixture, "/locked?object-lock", Self.configuration(rule))
            #expect(answer.status == 400 && answer.code == code, "\(rule): \(answer.text)")
        }
        #expect(try await fixture.send("PUT", "/locked/k", body: [1]).status == 200)
        for text in [
            "<Retention><Mode>GOVERNANCE</Mode></Retention>", Self.retention("never", Self.future),
            Self.retention("GOVERNANCE", "tomorrow"),
        ] {
            let answer = try await Self.document(fixture, "/locked/k?retention", text)
            #expect(answer.status == 400 && answer.code == "MalformedXML", "\(answer.text)")
        }
        let past = try await Self.document(fixture, "/locked/k?retention", Self.retention("GOVERNANCE", Self.past))
        #expect(past.status == 400 && past.code == "InvalidArgument")
        #expect(past.text.contains("The retain until date must be in the future!"), "\(past.text)")
    }

    @Test("of what is protected")
    func protection() async throws {
        let fixture = try await Self.buckets()
        let put = try await fixture.send(
            "PUT", "/locked/k", [(Self.mode, "COMPLIANCE"), (Self.date, Self.future)], body: [1])
        let version = try #require(put.headers["x-amz-version-id"])
        let words = "Access Denied because object protected by object lock."
        for bypass in [[], [(name: "x-amz-bypass-governance-retention", value: "true")]] {
            let delete = try await fixture.send("DELETE", "/locked/k?versionId=\(version)", bypass)
            #expect(delete.status == 403 && delete.code == "AccessDenied" && delete.text.contains(words))
            for text in [
                Self.retention("COMPLIANCE", "2029-01-01T00:00:00Z"), Self.retention("GOVERNANCE", Self.future),
                "<Retention/>",
            ] {
                let answer = try await Self.document(
                    fixture, "/locked/k?retention&versionId=\(version)", text, bypass)
                #expect(answer.status == 403 && answer.text.contains(words), "\(text): \(answer.text)")
            }
        }
        #expect(try await fixture.send("GET", "/locked/k?versionId=\(version)").body == [1])
        let marker = try await fixture.send("DELETE", "/locked/k")
        #expect(marker.status == 204)
        let of = try #require(marker.headers["x-amz-version-id"])
        let hold = try await Self.document(
            fixture, "/locked/k?legal-hold&versionId=\(of)", "<LegalHold><Status>ON</Status></LegalHold>")
        #expect(hold.status == 405 && hold.code == "MethodNotAllowed", "\(hold.text)")
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
        let needless = try await fixture.send(
            "DELETE", "/data/k", [("x-amz-bypass-governance-retention", "true")])
        #expect(needless.status == 400 && needless.code == "InvalidArgument", "\(needless.text)")
        #expect(try await fixture.send("GET", "/data/k").status == 200)
    }
}
