#if HTTPServer
import Glibc
import Strongroom
import Testing

@testable import StrongroomS3
@testable import StrongroomS3Protocol

func wallSeconds() -> Int { time(nil) }

/// What clients do that mean no good, on real connections.
///
/// Attack 34.
@Suite("Connections", .serialized) struct ServerTests {
    private static let answerEnd = "</Error>"

    private func quick(_ change: (inout S3ServerLimits) -> Void) -> S3ServerLimits {
        var limits = S3ServerLimits()
        change(&limits)
        return limits
    }

    @Test("several requests go over one connection, and each answer has an id of its own")
    func requests() async throws {
        try await ServerFixture.with { fixture, _ in
            let connection = try fixture.connect()
            try await connection.send(try fixture.head("PUT", "/data", length: 0))
            let first = try await connection.receive(until: "\r\n\r\n").text
            #expect(first.hasPrefix("HTTP/1.1 200 OK"))
            try await connection.send(try fixture.head("PUT", "/data/k", length: 5) + "hello")
            #expect(try await connection.receive(until: "\r\n\r\n").text.hasPrefix("HTTP/1.1 200 OK"))
            try await connection.send(try fixture.head("GET", "/data/k"))
            let third = try await connection.receive(until: "hello").text
            #expect(third.hasSuffix("\r\n\r\nhello"))
            func id(_ text: String) -> Substring? {
                text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("x-amz-request-id") }
            }
            #expect(id(first) != nil && id(first) != id(third))
        }
    }

    @Test(
        "lengths that say two things, and lines that are none, are refused, and nothing behind them is read",
        arguments: [
            "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n",
            "content-length: 5\r\ncontent-length: 6\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n",
            "content-length: +5\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n",
            "content-length: 0x5\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n",
            "transfer-encoding: xchunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n",
            "x y: 1\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n",
            "a: 1\r\n b: folded\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n",
        ])
    func smuggling(_ rest: String) async throws {
        try await ServerFixture.with { fixture, _ in
            let connection = try fixture.connect()
            try await connection.send("PUT /data/k HTTP/1.1\r\nhost: h\r\n" + rest)
            let answer = try await connection.receive(seconds: 60)
            #expect(answer.isClosed)
            #expect(!answer.text.contains("smuggled"))
            #expect(!answer.text.contains("HTTP/1.1 200"))
        }
    }

    @Test("more headers than there may be are refused")
    func headers() async throws {
        try await ServerFixture.with { fixture, _ in
            for line in [String(repeating: "a", count: 100_000), String(repeating: "b: c\r\n", count: 1_000)] {
                let connection = try fixture.connect()
                try? await connection.send("GET / HTTP/1.1\r\nhost: h\r\nx: \(line)\r\n\r\n")
                let answer = try await connection.receive(seconds: 60)
                #expect(answer.isClosed && !answer.text.contains("HTTP/1.1 200"))
            }
        }
    }

    @Test("who says nothing, or hardly anything, is not waited for")
    func idleness() async throws {
        try await ServerFixture.with(quick { $0.idleSeconds = 1 }) { fixture, _ in
            let silent = try fixture.connect()
            let slow = try fixture.connect()
            try await slow.send("GET / HTTP/1.1\r\nhost: h\r\n")
            for index in 0..<20 {
                do {
                    try await slow.send("x-\(index): 1\r\n")
                    try await Task.sleep(for: .milliseconds(200))
                } catch {
                    break
                }
            }
            #expect(try await silent.receive(seconds: 60).isClosed)
            #expect(try await slow.receive(seconds: 60).isClosed)
        }
    }

    @Test("a handshake that does not end is ended")
    func handshakes() async throws {
        try await ServerFixture.with(quick { $0.idleSeconds = 1 }, isSecure: true) { fixture, _ in
            let connection = try RawConnection(port: fixture.securePort)
            #expect(try await connection.receive(seconds: 60).isClosed)
        }
    }

    @Test("a body that hardly comes is given up, and leaves nothing")
    func slowBodies() async throws {
        let limits = quick { limits in
            limits.bodyGraceSeconds = 1
            limits.bodyMinimumBytesPerSecond = 1_000
        }
        try await ServerFixture.with(limits) { fixture, _ in
            _ = try await fixture.store.createBucket("data")
            let connection = try fixture.connect()
            try await connection.send(try fixture.head("PUT", "/data/k", length: 100_000))
            let sending = Task {
                for _ in 0..<200 {
                    try await connection.send("x")
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            // The story: what was left of the body was read for as long as it came, at any pace.
            let answer = try await connection.receive(seconds: 30)
            sending.cancel()
            #expect(answer.text.contains("<Code>RequestTimeout</Code>"), "\(answer.text)")
            #expect(answer.isClosed)
            let objects = try await fixture.store.bucket("data").list().objects
            #expect(objects.isEmpty)
        }
    }

    @Test("a client that waits is told to go on once its request is found good, and not before")
    func continuing() async throws {
        try await ServerFixture.with { fixture, _ in
            _ = try await fixture.store.createBucket("data")
            let good = try fixture.connect()
            try await good.send(try fixture.head("PUT", "/data/k", [("expect", "100-continue")], length: 5))
            #expect(try await good.receive(until: "\r\n\r\n").text == "HTTP/1.1 100 Continue\r\n\r\n")
            try await good.send("hello")
            #expect(try await good.receive(until: "\r\n\r\n").text.hasPrefix("HTTP/1.1 200 OK"))
            let refused = try fixture.connect()
            try await refused.send(
                "PUT /data/k HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n")
            let answer = try await refused.receive(seconds: 60)
            #expect(answer.text.hasPrefix("HTTP/1.1 403") && answer.isClosed)
        }
    }

    /// The story: botocore asks to go on with empty files, too. It was answered at once, kept the status of that answer
    /// for the next one on the connection, and waited for a minute for what it took for its body.
    @Test("a client that waits with an empty body is told to go on, or that the connection ends")
    func continuingWithNothing() async throws {
        try await ServerFixture.with { fixture, _ in
            _ = try await fixture.store.createBucket("data")
            let good = try fixture.connect()
            for _ in 0..<2 {
                try await good.send(try fixture.head("PUT", "/data/k", [("expect", "100-continue")], length: 0))
                let answer = try await good.receive(until: "Server: Strongroom\r\n\r\n").text
                #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), "\(answer)")
            }
            let refused = try fixture.connect()
            try await refused.send(
                "PUT /data/k HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 0\r\n\r\n")
            let answer = try await refused.receive()
            #expect(answer.text.hasPrefix("HTTP/1.1 403") && answer.isClosed)
            #expect(answer.text.lowercased().contains("connection: close"))
        }
    }

    @Test("what a refused client goes on sending is not read to its end, and the answer arrives")
    func unreadBodies() async throws {
        try await ServerFixture.with { fixture, _ in
            let connection = try fixture.connect()
            try await connection.send("PUT /data/k HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000000\r\n\r\n")
            let sending = Task {
                let slice = [UInt8](repeating: 0, count: 1 << 20)
                for _ in 0..<1_000 { try await connection.send(slice) }
                return true
            }
            let answer = try await connection.receive(until: Self.answerEnd)
            #expect(answer.text.hasPrefix("HTTP/1.1 403"))
            #expect(answer.text.lowercased().contains("connection: close"))
            let hasSentAll = (try? await sending.value) ?? false
            #expect(!hasSentAll)
        }
    }

    @Test("who asks for much and reads nothing is let go")
    func stalledReaders() async throws {
        try await ServerFixture.with(quick { $0.unreadSeconds = 1 }) { fixture, _ in
            let bucket = try await fixture.store.createBucket("data")
            _ = try await bucket.put("k", [UInt8](repeating: 1, count: 32 << 20))
            let connection = try fixture.connect(readBytes: 4_096)
            try await connection.send(try fixture.head("GET", "/data/k"))
            try await Task.sleep(for: .seconds(4))
            let answer = try await connection.receive(seconds: 60)
            #expect(answer.isClosed && answer.text.utf8.count < 32 << 20)
        }
    }

    /// The story: of three endpoints one could not listen, and nobody was told which.
    @Test("an address that cannot be listened at is told")
    func addresses() async throws {
        try await ServerFixture.with { fixture, _ in
            var options = S3ServerOptions()
            options.lifecycle = .never
            options.service.logger = ServerFixture.quiet
            for (host, port, reason) in [
                ("127.0.0.1", fixture.port, "Address already in use"),
                ("no such host", 9_000, "no address has that name"),
                ("192.0.2.1", 9_000, "name an address of this machine"),
            ] {
                options.http = .init(host: host, port: port)
                options.operations = .init(address: .init(host: "127.0.0.1", port: 0))
                let server = try S3Server(fixture.store, options)
                let error = await #expect(throws: S3ServerError.self) { try await server.runUntilCancelled() }
                #expect(error?.code == .cannotListen)
                let message = error?.message ?? ""
                #expect(
                    message.contains("cannot listen at \(host):\(port): ") && message.contains(reason), "\(message)")
            }
        }
    }

    @Test("a server that is told to stop finishes what runs, and takes nothing new")
    func shutdown() async throws {
        try await ServerFixture.with { fixture, running in
            _ = try await fixture.store.createBucket("data")
            let connection = try fixture.connect()
            try await connection.send(try fixture.head("PUT", "/data/k", length: 10) + "01234")
            try await Task.sleep(for: .milliseconds(300))
            running.cancel()
            try await Task.sleep(for: .milliseconds(300))
            try await connection.send("56789")
            #expect(try await connection.receive(until: "\r\n\r\n").text.hasPrefix("HTTP/1.1 200 OK"))
            try await running.value
            #expect(throws: RawConnection.Failed.self) { try fixture.connect() }
            let body = try await fixture.store.bucket("data").get("k").collect(upTo: 10)
            #expect(body == Array("0123456789".utf8))
        }
    }
}
#endif
