import Foundation
import StrongroomSignature
import Testing

@testable import StrongroomS3Protocol

/// What clients met that S3 does otherwise.
@Suite("Operations as S3 does them") struct ReviewedOperationTests {
    private static func bucket(versioned: Bool = false) async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        let text = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        if versioned { #expect(try await fixture.document("PUT", "/data?versioning", text).status == 200) }
        return fixture
    }

    /// Begins an upload, and puts one part.
    private static func upload(
        _ fixture: S3Fixture, _ key: String, _ headers: S3Fixture.Headers = []
    ) async throws -> (id: String, list: String) {
        let begun = try await fixture.send("POST", "/data/\(key)?uploads", headers)
        let id = try #require(begun.element("UploadId"), "\(begun.text)")
        let part = try await fixture.send("PUT", "/data/\(key)?partNumber=1&uploadId=\(id)", body: [1, 2, 3])
        let etag = try #require(part.headers["etag"])
        let list =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(etag)</ETag></Part>"
            + "</CompleteMultipartUpload>"
        return (id, list)
    }

    /// The story: an object of the same parts as another upload's was taken for what that one had made, which was
    /// aborted, or had never been.
    @Test("tell of an upload that is completed, and not of another one of the same parts")
    func completedTwice() async throws {
        let fixture = try await Self.bucket()
        let first = try await Self.upload(fixture, "k")
        let done = try await fixture.document("POST", "/data/k?uploadId=\(first.id)", first.list)
        #expect(done.status == 200)
        let again = try await fixture.document("POST", "/data/k?uploadId=\(first.id)", first.list)
        #expect(again.status == 200 && again.element("ETag") == done.element("ETag"))
        let others = first.list.replacing("<ETag>\"", with: "<ETag>\"0").replacing("\"</ETag>", with: "</ETag>")
        #expect(others != first.list)
        #expect(try await fixture.document("POST", "/data/k?uploadId=\(first.id)", others).status == 404)
        let second = try await Self.upload(fixture, "k", [("x-amz-meta-a", "b")])
        #expect(second.list == first.list)
        #expect(try await fixture.send("DELETE", "/data/k?uploadId=\(second.id)").status == 204)
        for id in [second.id, String(repeating: "0", count: 32)] {
            let refused = try await fixture.document("POST", "/data/k?uploadId=\(id)", first.list)
            #expect(refused.status == 404 && refused.code == "NoSuchUpload")
        }
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
        #expect(try await fixture.document("POST", "/data/k?uploadId=\(first.id)", first.list).status == 404)
    }

    @Test("take the checksum of an upload's whole, and name it in an answer that XML can hold")
    func completion() async throws {
        let fixture = try await Self.bucket()
        let upload = try await Self.upload(
            fixture, "k", [("x-amz-checksum-algorithm", "SHA256"), ("x-amz-checksum-type", "COMPOSITE")])
        let whole: S3Fixture.Headers = [
            ("x-amz-checksum-sha256", "/IA4nNVDkyNpMhLmkDMqeYVsfvFKV4vqbmxKF98JaPI=-1"),
            ("x-amz-checksum-type", "COMPOSITE"),
        ]
        let wrong = try await fixture.document("POST", "/data/k?uploadId=\(upload.id)", upload.list, whole)
        #expect(wrong.code == "BadDigest", "\(wrong.text)")
        let plain = try await fixture.document("POST", "/data/k?uploadId=\(upload.id)", upload.list)
        let checksum = try #require(plain.element("ChecksumSHA256"))
        let other = try await Self.upload(
            fixture, "k", [("x-amz-checksum-algorithm", "SHA256"), ("x-amz-checksum-type", "COMPOSITE")])
        let right: S3Fixture.Headers = [
            ("x-amz-checksum-sha256", checksum), ("x-amz-checksum-type", "COMPOSITE"),
        ]
        #expect(try await fixture.document("POST", "/data/k?uploadId=\(other.id)", other.list, right).status == 200)

        let odd = try await Self.upload(fixture, "a%01b")
        let done = try await fixture.document("POST", "/data/a%01b?uploadId=\(odd.id)", odd.list)
        #expect(done.status == 200 && done.element("Key") == "a\u{FFFD}b")
        #expect(try await fixture.send("GET", "/data/a%01b").body == [1, 2, 3])
        #expect(try await fixture.send("POST", "/data/k?uploads&encoding-type=x").status == 400)
        let uploads = try await fixture.send("GET", "/data?uploads")
        #expect(uploads.status == 200 && uploads.element("UploadId") == nil)
    }

    @Test("go on with a range only of what the client has a part of")
    func ifRange() async throws {
        let fixture = try await Self.bucket()
        #expect(try await fixture.send("PUT", "/data/k", body: Array("abcdef".utf8)).status == 200)
        let head = try await fixture.send("HEAD", "/data/k")
        let (etag, modified) = (try #require(head.headers["etag"]), try #require(head.headers["last-modified"]))
        for (value, isRange) in [
            (etag, true), (modified, true), ("\"0123456789abcdef0123456789abcdef\"", false), ("W/\(etag)", false),
            ("Mon, 12 Oct 2009 17:50:30 GMT", false), ("x", false),
        ] {
            let headers: S3Fixture.Headers = [("range", "bytes=2-3"), ("if-range", value)]
            let got = try await fixture.send("GET", "/data/k", headers)
            #expect(got.status == (isRange ? 206 : 200) && got.text == (isRange ? "cd" : "abcdef"), "\(value)")
            #expect((got.headers["content-range"] != nil) == isRange)
            #expect(try await fixture.send("HEAD", "/data/k", headers).status == got.status)
        }
        // And what has not changed is told by its validators.
        for headers in [[("if-none-match", etag)], [("if-modified-since", modified)]] as [S3Fixture.Headers] {
            let same = try await fixture.send("GET", "/data/k", headers)
            #expect(same.status == 304 && same.headers["etag"] == etag && same.headers["last-modified"] == modified)
        }
    }

    @Test("refuse a script's request in a way that its browser shows it")
    func crossOrigin() async throws {
        let fixture = try await Self.bucket()
        let rules =
            "<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin>"
            + "<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
        #expect(try await fixture.document("PUT", "/data?cors", rules).status == 200)
        for (origin, signer) in [
            ("https://a.example", fixture.administrator), ("https://a.example", nil),
            ("https://b.example", fixture.administrator),
        ] {
            let answer = try await fixture.send("GET", "/data/absent", [("origin", origin)], as: signer)
            #expect(answer.status == (signer == nil ? 403 : 404))
            let told = answer.headers["access-control-allow-origin"]
            #expect(told == (origin == "https://a.example" ? origin : nil))
        }
        // Rules that were read already are the bucket's only while it has them.
        let others = rules.replacing("a.example", with: "b.example")
        #expect(try await fixture.document("PUT", "/data?cors", others).status == 200)
        for (origin, isTold) in [("https://a.example", false), ("https://b.example", true)] {
            let answer = try await fixture.send("GET", "/data/absent", [("origin", origin)])
            #expect((answer.headers["access-control-allow-origin"] == origin) == isTold)
        }
        #expect(try await fixture.send("DELETE", "/data?cors").status == 204)
        let none = try await fixture.send("GET", "/data/absent", [("origin", "https://b.example")])
        #expect(none.headers["access-control-allow-origin"] == nil)
    }

    /// The story: a retention that is too long was refused once the bucket had a lock, which nobody can take back.
    @Test("change nothing where a lock's configuration is refused")
    func lock() async throws {
        let fixture = try await Self.bucket(versioned: true)
        for period in ["<Days>36501</Days>", "<Years>101</Years>", "<Days>0</Days>"] {
            let text =
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
                + "<Mode>GOVERNANCE</Mode>\(period)</DefaultRetention></Rule></ObjectLockConfiguration>"
            let refused = try await fixture.document("PUT", "/data?object-lock", text)
            #expect(refused.status == 400 && refused.code == "InvalidRetentionPeriod", "\(refused.text)")
        }
        #expect(try await fixture.send("GET", "/data?object-lock").status == 404)
    }

    @Test("tell of no version that a listing is not about")
    func versionMarkers() async throws {
        let fixture = try await Self.bucket(versioned: true)
        for key in ["a/k", "b/k"] { #expect(try await fixture.send("PUT", "/data/\(key)", body: [1]).status == 200) }
        for key in ["b/k", "b/absent"] {
            let answer = try await fixture.send(
                "GET", "/data?versions&prefix=a/&key-marker=\(key)&version-id-marker=null")
            #expect(answer.status == 200 && answer.element("Version") == nil, "\(key)")
        }
        let absent = try await fixture.send(
            "GET", "/data?versions&prefix=a/&key-marker=a/absent&version-id-marker=null")
        #expect(absent.status == 400 && absent.code == "InvalidArgument")
    }

    @Test("take names that only look alike for two, and writes of a version for a mistake")
    func names() async throws {
        let fixture = try await Self.bucket()
        #expect(try await fixture.send("PUT", "/data/e%CC%81", body: [1]).status == 200)
        let copy: S3Fixture.Headers = [("x-amz-copy-source", "data/e%CC%81")]
        #expect(try await fixture.send("PUT", "/data/%C3%A9", copy).status == 200)
        #expect(try await fixture.send("PUT", "/data/e%CC%81", copy).code == "InvalidRequest")
        for (method, target) in [("PUT", "k?versionId=null"), ("POST", "k?uploads&versionId=null")] {
            let refused = try await fixture.send(method, "/data/" + target, body: [])
            #expect(refused.status == 400 && refused.code == "InvalidArgument")
        }
    }

    @Test("read no document of whoever nothing lets in")
    func anonymous() async throws {
        let fixture = try await Self.bucket()
        // Nothing vouches for the bodies, which would be said first of what is read.
        for (method, target) in [("POST", "?delete"), ("PUT", "/k?tagging"), ("PUT", "/k?retention")] {
            let refused = try await fixture.send(method, "/data" + target, body: Array("<a".utf8), as: nil)
            #expect(refused.status == 403 && refused.code == "AccessDenied", "\(target) \(refused.text)")
        }
    }

    @Test("take a body in chunks of one byte")
    func smallChunks() async throws {
        let fixture = try await Self.bucket()
        let count = 20_000
        let body = Array((String(repeating: "1\r\na\r\n", count: count) + "0\r\nx-amz-checksum-crc32:").utf8)
        // The CRC-32 of so many letters.
        let checksum = "yr2HMQ=="
        let headers: S3Fixture.Headers = [
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", "\(count)"), ("x-amz-trailer", "x-amz-checksum-crc32"),
        ]
        // With one line end more, as a client sends it.
        for end in ["\r\n\r\n", "\r\n\r\n\r\n"] {
            let put = try await fixture.send("PUT", "/data/k", headers, body: body + Array((checksum + end).utf8))
            #expect(put.status == 200, "\(put.text)")
        }
        #expect(try await fixture.send("GET", "/data/k").body.count == count)
    }

    @Test(
        "take all three forms of a date",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Monday, 12-Oct-26 17:50:30 GMT", 1_791_827_430),
            ("Monday, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov 6 08:49 1994", nil), ("", nil), ("Sunday, x GMT", nil),
        ] as [(String, Double?)])
    func dates(_ text: String, _ seconds: Double?) {
        #expect(TimeText.date(header: text)?.timeIntervalSince1970 == seconds)
    }
}
