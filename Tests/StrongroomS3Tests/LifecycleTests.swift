import Foundation
import Strongroom
import Testing

@testable import StrongroomS3Protocol

@Suite("Lifecycle") struct LifecycleTests {
    private static let lifecycle = "/data?lifecycle"
    private static let abort =
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload>"

    private static func document(_ rules: String) -> [UInt8] {
        Array("<LifecycleConfiguration xmlns=\"\(DocumentElement.namespace)\">\(rules)</LifecycleConfiguration>".utf8)
    }

    private static func rule(
        id: String = "<ID>a</ID>", filter: String = "<Filter><Prefix>log/</Prefix></Filter>",
        status: String = "<Status>Enabled</Status>", action: String = "<Expiration><Days>30</Days></Expiration>"
    ) -> String { "<Rule>\(id)\(filter)\(status)\(action)</Rule>" }

    private func put(_ fixture: S3Fixture, _ rules: String, _ headers: [(name: String, value: String)] = [])
        async throws
        -> S3Fixture.Response
    {
        let body = Self.document(rules)
        return try await fixture.send(
            "PUT", Self.lifecycle, headers + [PaddedMD5.header(body)], body: body)
    }

    @Test("rules are told as they were put, and are the store's own")
    func roundTrip() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        let missing = try await fixture.send("GET", Self.lifecycle)
        #expect(missing.status == 404 && missing.code == "NoSuchLifecycleConfiguration")
        let filters = [
            "<Filter/>", "<Filter><Prefix></Prefix></Filter>", "<Filter><Prefix>a&amp;b</Prefix></Filter>",
            "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>",
            "<Filter><ObjectSizeGreaterThan>0</ObjectSizeGreaterThan></Filter>",
            "<Filter><And><Prefix>p</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>"
                + "<Tag><Key>l</Key><Value></Value></Tag><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>"
                + "<ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter>",
        ]
        let actions = [
            "<Expiration><Days>1</Days></Expiration>",
            "<Expiration><Date>2030-01-02T00:00:00.000Z</Date></Expiration>",
            "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
            "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays>"
                + "<NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration>", Self.abort,
        ]
        var rules = filters.enumerated().map { Self.rule(id: "<ID>f\($0)</ID>", filter: $1) }
        rules += actions.enumerated().map {
            Self.rule(id: "<ID>a\($0)</ID>", status: "<Status>Disabled</Status>", action: $1)
        }
        #expect(try await put(fixture, rules.joined()).status == 200)
        let told = try await fixture.send("GET", Self.lifecycle)
        let body = told.text.replacing("<Prefix/>", with: "<Prefix></Prefix>").replacing(
            "<Value/>", with: "<Value></Value>")
        #expect(body.hasSuffix(String(decoding: Self.document(rules.joined()), as: UTF8.self)))
        #expect(told.headers["x-amz-transition-default-minimum-object-size"] == "all_storage_classes_128K")
        let own = try #require(try await fixture.store.bucket("data").lifecycle())
        #expect(own.rules.count == rules.count && own.rules[5].filter.tags == ["k": "v", "l": ""])
        #expect(own.rules[7].expiration == .date(Date(timeIntervalSince1970: 1_893_542_400)))
        // The older form, with a rule that has no name.
        #expect(try await put(fixture, Self.rule(id: "", filter: "<Prefix>p</Prefix>")).status == 200)
        let older = try await fixture.send("GET", Self.lifecycle)
        #expect(older.text.contains("</ID><Prefix>p</Prefix><Status>") && older.element("ID")?.utf8.count == 32)
        #expect(try await fixture.send("DELETE", Self.lifecycle).status == 204)
        #expect(try await fixture.send("DELETE", Self.lifecycle).status == 204)
        #expect(try await fixture.send("GET", Self.lifecycle).status == 404)
        #expect(try await fixture.send("GET", "/other?lifecycle").code == "NoSuchBucket")
    }

    private static func expiration(_ what: String) -> String { rule(action: "<Expiration>\(what)</Expiration>") }

    private static func older(_ what: String) -> String {
        rule(action: "<NoncurrentVersionExpiration>\(what)</NoncurrentVersionExpiration>")
    }

    private static let invalidArguments: [String] = [
        expiration("<Days>0</Days>"), expiration("<Date>2030-01-02T12:00:00Z</Date>"),
        rule(id: "<ID>\(String(repeating: "x", count: 256))</ID>"), "\(rule())\(rule())",
        rule(filter: "<Filter><ObjectSizeLessThan>-1</ObjectSizeLessThan></Filter>"),
        older("<NoncurrentDays>0</NoncurrentDays>"),
        older("<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>101</NewerNoncurrentVersions>"),
    ]

    private static let invalidRequests: [String] = [
        rule(action: ""), expiration("<ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker>"),
        "\(rule())\(rule(id: "<ID>b</ID>", filter: "<Prefix>a</Prefix>"))",
        rule(filter: "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>", action: abort),
        rule(filter: "<Filter><ObjectSizeLessThan>9</ObjectSizeLessThan></Filter>", action: abort),
    ]

    private static let malformed: [String] = [
        "", "<Rules/>", expiration(""), expiration("<Days>x</Days>"), expiration("<Date>soon</Date>"),
        expiration("<Days>1</Days><Date>2030-01-02</Date>"), rule(status: "<Status>Maybe</Status>"), rule(status: ""),
        rule(filter: ""), rule(filter: "<Prefix>a</Prefix><Filter/>"),
        rule(filter: "<Filter><Prefix>a</Prefix><ObjectSizeLessThan>1</ObjectSizeLessThan></Filter>"),
        rule(filter: "<Filter><Suffix>a</Suffix></Filter>"),
        older("<NewerNoncurrentVersions>1</NewerNoncurrentVersions>"),
    ]

    private static let notImplemented: [String] = [
        rule(action: "<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"),
        rule(
            action: "<NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays>"
                + "<StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>"),
    ]

    @Test("what is wrong is refused in S3's words, and changes nothing")
    func refused() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        for (documents, status, code) in [
            (Self.invalidArguments, 400, "InvalidArgument"), (Self.invalidRequests, 400, "InvalidRequest"),
            (Self.malformed, 400, "MalformedXML"), (Self.notImplemented, 501, "NotImplemented"),
        ] {
            for rules in documents {
                let answer = try await put(fixture, rules)
                #expect(answer.status == status && answer.code == code, "\(rules): \(answer.text)")
                if status == 501 { #expect(answer.text.contains("Transition")) }
            }
        }
        #expect(try await fixture.store.bucket("data").lifecycle() == nil)
    }

    @Test("what concerns transitions alone is agreed to where it changes nothing, and else refused")
    func transitionHeader() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        let name = "x-amz-transition-default-minimum-object-size"
        for (value, status) in [("all_storage_classes_128K", 200), ("varies_by_storage_class", 501), ("x", 400)] {
            #expect(try await put(fixture, Self.rule(), [(name, value)]).status == status)
        }
        // Nothing vouches for the body.
        let bare = try await fixture.send("PUT", Self.lifecycle, body: Self.document(Self.rule()))
        #expect(bare.code == "InvalidRequest")
    }

    @Test("answers say when an object goes, by which rule")
    func expirationHeader() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        let rules =
            Self.rule(id: "<ID>a \"b\"</ID>", action: "<Expiration><Date>2099-01-02T00:00:00Z</Date></Expiration>")
            + Self.rule(
                id: "<ID>t</ID>", filter: "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>",
                action: "<Expiration><Date>2099-01-01T00:00:00Z</Date></Expiration>")
            + Self.rule(id: "<ID>u</ID>", action: Self.abort)
        #expect(try await put(fixture, rules).status == 200)
        let plain = "expiry-date=\"Fri, 02 Jan 2099 00:00:00 GMT\", rule-id=\"a%20%22b%22\""
        let tagged = "expiry-date=\"Thu, 01 Jan 2099 00:00:00 GMT\", rule-id=\"t\""
        func header(_ response: S3Fixture.Response) -> String? { response.headers["x-amz-expiration"] }
        #expect(header(try await fixture.send("PUT", "/data/log/a", body: [1])) == plain)
        #expect(header(try await fixture.send("PUT", "/data/log/t", [("x-amz-tagging", "k=v")], body: [1])) == tagged)
        #expect(header(try await fixture.send("PUT", "/data/other", body: [1])) == nil)
        for (key, expected) in [("log/a", plain), ("log/t", tagged), ("other", nil)] {
            for method in ["GET", "HEAD"] {
                #expect(header(try await fixture.send(method, "/data/\(key)")) == expected)
            }
        }
        let source = [(name: "x-amz-copy-source", value: "/data/log/t")]
        #expect(header(try await fixture.send("PUT", "/data/log/c", source)) == tagged)
        let upload = try await fixture.send("POST", "/data/log/u?uploads")
        #expect(
            upload.headers["x-amz-abort-rule-id"] == "u" && upload.headers["x-amz-abort-date"]?.hasSuffix("GMT") == true
        )
        let id = try #require(upload.element("UploadId"))
        let parts = try await fixture.send("GET", "/data/log/u?uploadId=\(id)")
        #expect(parts.headers["x-amz-abort-date"] == upload.headers["x-amz-abort-date"])
        let part = try await fixture.send("PUT", "/data/log/u?uploadId=\(id)&partNumber=1", body: [1, 2])
        let list =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(part.headers["etag"] ?? "")</ETag></Part>"
            + "</CompleteMultipartUpload>"
        #expect(header(try await fixture.send("POST", "/data/log/u?uploadId=\(id)", body: Array(list.utf8))) == plain)
    }

    @Test("need permissions of their own")
    func permissions() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        func policy(_ action: String) -> String {
            "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:\(action)\","
                + "\"Resource\":\"*\"}}"
        }
        let reader = try await fixture.user("reader", policy: policy("GetLifecycleConfiguration"))
        let writer = try await fixture.user("writer", policy: policy("PutLifecycleConfiguration"))
        let body = Self.document(Self.rule())
        let md5 = [PaddedMD5.header(body)]
        #expect(try await fixture.send("PUT", Self.lifecycle, md5, body: body, as: reader).status == 403)
        #expect(try await fixture.send("PUT", Self.lifecycle, md5, body: body, as: writer).status == 200)
        #expect(try await fixture.send("GET", Self.lifecycle, as: writer).status == 403)
        #expect(try await fixture.send("GET", Self.lifecycle, as: reader).status == 200)
        #expect(try await fixture.send("DELETE", Self.lifecycle, as: reader).status == 403)
        #expect(try await fixture.send("DELETE", Self.lifecycle, as: writer).status == 204)
    }
}
