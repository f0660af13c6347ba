import Testing

@testable import StrongroomS3Protocol

/// Attack 24: an upload under a customer's key, begun before its bucket blocked SSE-C.
///
/// AWS says of a bucket that blocks it that requests of multipart uploads which specify SSE-C are refused (403
/// AccessDenied). Of the completion, which need not name the key, it says nothing: it is refused here as well, for it
/// makes an object under such a key. The upload stays, and can be aborted, or completed once SSE-C is allowed.
@Suite("Attacks on what a bucket blocks, by uploads that have begun") struct BlockedUploadAttackTests {
    private static let key = CustomerKeyText.headers()

    private struct Begun {
        let fixture: S3Fixture
        let upload: String
        let etag: String

        var completion: String {
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(etag)</ETag></Part>"
                + "</CompleteMultipartUpload>"
        }

        func block(_ type: String) async throws {
            let text =
                "<ServerSideEncryptionConfiguration><Rule><BlockedEncryptionTypes><EncryptionType>\(type)"
                + "</EncryptionType></BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>"
            let answer = try await fixture.document("PUT", "/data?encryption", text)
            #expect(answer.status == 200, "\(answer.text)")
        }

        /// A part, a part that is copied, and the completion with and without the key.
        func answers() async throws -> [(name: String, answer: S3Fixture.Response)] {
            let part = "/data/k?partNumber=2&\(upload)"
            let copied: S3Fixture.Headers = [("x-amz-copy-source", "data/source")]
            return [
                ("a part", try await fixture.send("PUT", part, key, body: [2])),
                ("a copied part", try await fixture.send("PUT", part, copied + key)),
                ("the completion", try await fixture.document("POST", "/data/k?\(upload)", completion)),
                (
                    "the completion with the key",
                    try await fixture.document("POST", "/data/k?\(upload)", completion, key)
                ),
            ]
        }
    }

    private static func begun() async throws -> Begun {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/source", body: [3]).status == 200)
        let begun = try await fixture.send("POST", "/data/k?uploads", key)
        let upload = "uploadId=\(try #require(begun.element("UploadId")))"
        let part = try await fixture.send("PUT", "/data/k?partNumber=1&\(upload)", key, body: [1])
        return Begun(fixture: fixture, upload: upload, etag: try #require(part.headers["etag"]))
    }

    @Test("no further part, and no completion, with or without the key, until it is allowed again")
    func blocked() async throws {
        let begun = try await Self.begun()
        try await begun.block("SSE-C")
        for (name, answer) in try await begun.answers() {
            #expect(answer.status == 403 && answer.code == "AccessDenied", "\(name): \(answer.text)")
        }
        #expect(try await begun.fixture.send("GET", "/data/k", Self.key).status == 404)
        let parts = try await begun.fixture.send("GET", "/data/k?\(begun.upload)")
        #expect(parts.status == 200 && parts.text.ranges(of: "<Part>").count == 1, "\(parts.text)")
        try await begun.block("NONE")
        let completed = try await begun.fixture.document("POST", "/data/k?\(begun.upload)", begun.completion)
        #expect(completed.status == 200, "\(completed.text)")
        #expect(try await begun.fixture.send("GET", "/data/k", Self.key).body == [1])
    }

    @Test("it can be aborted while it is blocked, and leaves nothing")
    func aborted() async throws {
        let begun = try await Self.begun()
        try await begun.block("SSE-C")
        #expect(try await begun.fixture.send("DELETE", "/data/k?\(begun.upload)").status == 204)
        for (name, answer) in try await begun.answers() {
            #expect(answer.status == 404 && answer.code == "NoSuchUpload", "\(name): \(answer.text)")
        }
    }

    @Test("an upload of another encryption goes on")
    func others() async throws {
        let begun = try await Self.begun()
        let other = try await begun.fixture.send("POST", "/data/plain?uploads")
        let upload = "uploadId=\(try #require(other.element("UploadId")))"
        try await begun.block("SSE-C")
        let part = try await begun.fixture.send("PUT", "/data/plain?partNumber=1&\(upload)", body: [9])
        #expect(part.status == 200, "\(part.text)")
        let list = begun.completion.replacing(begun.etag, with: try #require(part.headers["etag"]))
        #expect(try await begun.fixture.document("POST", "/data/plain?\(upload)", list).status == 200)
        #expect(try await begun.fixture.send("GET", "/data/plain").body == [9])
    }
}
