#if HTTPServer
import Foundation
import Strongroom
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomS3
@testable import StrongroomS3Protocol

/// Attack 34, on real connections: what one reader takes for one request and another for two, and ranges without
/// number.
/// `ServerTests` has lengths that say two things, folded lines and slow clients.
@Suite("Attacks by connections", .serialized) struct ConnectionAttackTests {
    private static let smuggled = "GET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n"

    private static func answers(_ text: String) -> Int { text.split(separator: "HTTP/1.1 ").count }

    @Test(
        "lines that end in a line feed alone, and lengths that readers read otherwise, end the connection",
        arguments: [
            "PUT /data/k HTTP/1.1\nhost: h\ncontent-length: 0\n\n",
            "PUT /data/k HTTP/1.1\r\nhost: h\ncontent-length: 0\r\n\r\n",
            "PUT /data/k HTTP/1.1\r\nhost: h\r\ncontent-length: 0\n\r\n",
            "PUT /data/k HTTP/1.1\r\nhost: h\r\na: b\rcontent-length: 0\r\n\r\n",
            "PUT /data/k HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\n",
            "PUT /data/k HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\n\n",
            "PUT /data/k HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n",
            "PUT /data/k HTTP/1.1\r\nhost : h\r\ncontent-length: 0\r\n\r\n",
            "PUT /data/k HTTP/1.1\r\nhost: h\r\ncontent-length: 3, 3\r\n\r\nabc",
            "PUT /data/k HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
            "PUT /data/k HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n0\r\n\r\n",
            "PUT /data/k HTTP/1.1\r\nhost: h\r\ntransfer-encoding: identity, chunked\r\ntransfer-encoding: x\r\n\r\n",
            "PUT /data/k HTTP/1.0\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ])
    func lines(_ text: String) async throws {
        try await ServerFixture.with { fixture, _ in
            let connection = try fixture.connect()
            try await connection.send(text + Self.smuggled)
            let answer = try await connection.receive(seconds: 60)
            #expect(answer.isClosed && Self.answers(answer.text) == 1, "\(answer.text)")
            #expect(answer.text.hasPrefix("HTTP/1.1 400") || answer.text.hasPrefix("HTTP/1.1 403"), "\(answer.text)")
            #expect(!answer.text.contains("smuggled"))
        }
    }

    @Test("a request for two hosts is for neither")
    func hosts() async throws {
        try await ServerFixture.with { fixture, _ in
            let connection = try fixture.connect()
            try await connection.send("GET /data/k HTTP/1.1\r\nhost: h\r\nhost: i\r\n\r\n")
            let answer = try await connection.receive(until: "</Error>").text
            #expect(answer.hasPrefix("HTTP/1.1 400") && answer.contains("The header host came more than once."))
        }
    }

    @Test("a request in a body is a body, whether it is taken, refused or not wanted")
    func bodies() async throws {
        try await ServerFixture.with { fixture, _ in
            _ = try await fixture.store.createBucket("data")
            let inner = Self.smuggled
            let connection = try fixture.connect()
            try await connection.send(try fixture.head("PUT", "/data/k", length: inner.utf8.count) + inner)
            let put = try await connection.receive(until: "\r\n\r\n").text
            #expect(put.hasPrefix("HTTP/1.1 200 OK") && !put.contains("smuggled"))
            try await connection.send(try fixture.head("GET", "/data/k", length: inner.utf8.count) + inner)
            let got = try await connection.receive(until: "host: h\r\n\r\n").text
            #expect(got.hasPrefix("HTTP/1.1 200 OK") && got.hasSuffix("\r\n\r\n" + inner))
            for head in [
                "PUT /data/l HTTP/1.1\r\nhost: h\r\ncontent-length: \(inner.utf8.count)\r\n\r\n",
                "GET /data/k HTTP/1.1\r\nhost: h\r\ncontent-length: \(inner.utf8.count)\r\n\r\n",
                "OPTIONS /data/k HTTP/1.1\r\nhost: h\r\ncontent-length: \(inner.utf8.count)\r\n\r\n",
            ] {
                let other = try fixture.connect()
                try await other.send(head + inner)
                let refused = try await other.receive(until: "smuggled", seconds: 3).text
                #expect(Self.answers(refused) == 1 && !refused.contains("smuggled"), "\(refused)")
            }
        }
    }

    /// Attack 32: what lies on the disk is named by the store alone.
    @Test("keys never become names of files")
    func files() async throws {
        try await ServerFixture.with { fixture, _ in
            _ = try await fixture.store.createBucket("data")
            let body = String(repeating: "b", count: 300_000)
            for key in ["canary", "..%2F..%2Fcanary", "%2Ftmp%2Fcanary", "canary%00", "..", "canary/../../canary"] {
                let connection = try fixture.connect()
                try await connection.send(try fixture.head("PUT", "/data/\(key)", length: body.utf8.count) + body)
                let answer = try await connection.receive(until: "\r\n\r\n").text
                #expect(answer.hasPrefix("HTTP/1.1 200 OK"), "\(key): \(answer)")
            }
            let paths = FileManager.default.enumerator(atPath: fixture.folder.path.string)
            var count = 0
            while let path = paths?.nextObject() as? String {
                count += 1
                #expect(!path.contains("canary"))
            }
            #expect(count > 5)
            #expect(!FileManager.default.fileExists(atPath: "/tmp/canary"))
        }
    }

    /// A range is answered where it is one; what asks for more is answered with the whole object, once, as on AWS.
    @Test("100,000 tiny ranges cost what one does, or are refused as a header that is too long")
    func ranges() async throws {
        let body = Array("0123456789".utf8)
        try await ServerFixture.with { fixture, _ in
            let bucket = try await fixture.store.createBucket("data")
            _ = try await bucket.put("k", body)
            for count in [2, 1_000, 100_000] {
                let ranges = "bytes=" + [String](repeating: "0-0", count: count).joined(separator: ",")
                let connection = try fixture.connect()
                try? await connection.send(try fixture.head("GET", "/data/k", [("range", ranges)]))
                let answer = try await connection.receive(until: "0123456789", seconds: 60).text
                if count < 100_000 {
                    #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.hasSuffix("\r\n\r\n0123456789"), "\(count)")
                    #expect(answer.lowercased().contains("content-length: 10\r\n"))
                } else {
                    #expect(!answer.contains("HTTP/1.1 2"))
                }
            }
        }
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/k", body: body).status == 200)
        let ranges = "bytes=" + (0..<100_000).map { "\($0 % 10)-\($0 % 10)" }.joined(separator: ",")
        let whole = try await fixture.send("GET", "/data/k", [("range", ranges)])
        #expect(whole.status == 200 && whole.body == body && whole.headers["content-range"] == nil)
    }
}
#endif
