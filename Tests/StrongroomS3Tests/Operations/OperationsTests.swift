#if HTTPServer
import Strongroom
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomS3
@testable import StrongroomS3Protocol

/// What those who run a server are told, on real connections.
@Suite("Operations", .serialized) struct OperationsTests {
    private func ask(_ port: Int, _ target: String, method: String = "GET") async throws -> String {
        let connection = try RawConnection(port: port)
        try await connection.send("\(method) \(target) HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
        return try await connection.receive(seconds: 60).text
    }

    private static func operations(_ options: inout S3ServerOptions) {
        options.operations = .init(address: .init(host: "127.0.0.1", port: 0))
    }

    @Test("a server that can answer says so, and one whose store is closed says why not, and lives")
    func readiness() async throws {
        try await ServerFixture.with(changing: Self.operations) { fixture, _ in
            let port = fixture.operationsPort
            #expect(port != 0 && port != fixture.port)
            #expect(try await ask(port, "/-/healthy").hasSuffix("\r\n\r\nalive\n"))
            let ready = try await ask(port, "/-/ready")
            #expect(ready.hasPrefix("HTTP/1.1 200 OK") && ready.hasSuffix("\r\n\r\nready\n"))
            let head = try await ask(port, "/-/ready", method: "HEAD")
            #expect(head.hasPrefix("HTTP/1.1 200 OK") && head.hasSuffix("\r\n\r\n"))
            try await fixture.store.close()
            let closed = try await ask(port, "/-/ready")
            #expect(closed.hasPrefix("HTTP/1.1 503") && closed.contains("closed: "))
            #expect(try await ask(port, "/-/healthy").hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test("a store without its keyring lives, and is not ready")
    func locked() async throws {
        let folder = TemporaryFolder()
        let path = folder.path.appending("store")
        try await Store.open(at: path).close()
        var options = StoreOptions()
        options.keyring = folder.path.appending("elsewhere")
        options.whenKeyringMissing = .openLocked
        let store = try await Store.open(at: path, options: options)
        let responder = OperationsResponder(store: store, drain: DrainState(), metrics: nil)
        #expect(responder.obstacle?.hasPrefix("storeLocked: ") == true)
        try await store.close()
    }

    @Test("nothing else is there, nothing of it at the clients' port, and no metrics where there are none")
    func others() async throws {
        try await ServerFixture.with(changing: Self.operations) { fixture, _ in
            for target in ["/", "/metrics", "/-/ready/", "/data/k"] {
                #expect(try await ask(fixture.operationsPort, target).hasPrefix("HTTP/1.1 404"), "\(target)")
            }
            let posted = try await ask(fixture.operationsPort, "/-/healthy", method: "POST")
            #expect(posted.hasPrefix("HTTP/1.1 405") && posted.contains("GET, HEAD"))
            for target in ["/-/healthy", "/-/ready", "/metrics"] {
                let answer = try await ask(fixture.port, target)
                #expect(answer.contains("<Error>") && !answer.contains("HTTP/1.1 200"), "\(target)")
            }
        }
    }

    /// It had as many as clients of S3, which nobody had counted: whoever opened that many took the store's
    /// descriptors.
    @Test("the endpoint has connections of its own, and not many: one beyond them waits until another one ends")
    func connections() async throws {
        var limits = S3ServerLimits()
        limits.connectionCount = 1
        try await ServerFixture.with(limits, changing: Self.operations) { fixture, _ in
            var held: [RawConnection] = []
            for _ in 0..<S3Server.operationsConnectionCount {
                let connection = try RawConnection(port: fixture.operationsPort)
                try await connection.send("GET /-/healthy HTTP/1.1\r\nhost: h\r\n\r\n")
                #expect(try await connection.receive(until: "alive").text.contains("alive"))
                held.append(connection)
            }
            let waiting = try RawConnection(port: fixture.operationsPort)
            try await waiting.send("GET /-/healthy HTTP/1.1\r\nhost: h\r\n\r\n")
            #expect(try await waiting.receive(until: "alive", seconds: 1).text.isEmpty)
            held.removeLast()
            #expect(try await waiting.receive(until: "alive").text.contains("alive"))
        }
    }

    @Test("a server that is stopping is not ready while it finishes what runs")
    func stopping() async throws {
        try await ServerFixture.with(changing: Self.operations) { fixture, running in
            _ = try await fixture.store.createBucket("data")
            let connection = try fixture.connect()
            try await connection.send(try fixture.head("PUT", "/data/k", length: 10) + "01234")
            try await Task.sleep(for: .milliseconds(300))
            running.cancel()
            try await Task.sleep(for: .milliseconds(300))
            let answer = try await ask(fixture.operationsPort, "/-/ready")
            #expect(answer.hasPrefix("HTTP/1.1 503") && answer.hasSuffix("stopping\n"))
            try await connection.send("56789")
            #expect(try await connection.receive(until: "\r\n\r\n").text.hasPrefix("HTTP/1.1 200 OK"))
            try await running.value
            #expect(throws: RawConnection.Failed.self) { try RawConnection(port: fixture.operationsPort) }
        }
    }

    @Test("requests are counted by what they ask for and how they end, and bytes and connections besides")
    func figures() async throws {
        let metrics = PrometheusMetrics()
        func figures(_ options: inout S3ServerOptions) {
            options.operations = .init(address: .init(host: "127.0.0.1", port: 0)) { metrics.text() }
            options.service.metricsFactory = metrics
        }
        try await ServerFixture.with(changing: figures) { fixture, _ in
            _ = try await fixture.store.createBucket("data")
            let connection = try fixture.connect()
            try await connection.send(try fixture.head("PUT", "/data/k", length: 5) + "bytes")
            _ = try await connection.receive(until: "\r\n\r\n")
            for _ in 0..<2 {
                try await connection.send(try fixture.head("GET", "/data/k"))
                _ = try await connection.receive(until: "bytes")
            }
            try await connection.send(try fixture.head("GET", "/data/absent"))
            _ = try await connection.receive(until: "</Error>")
            let stranger = try fixture.connect()
            try await stranger.send("GET /data/k?X-Amz-Signature=made-up HTTP/1.1\r\nhost: h\r\n\r\n")
            _ = try await stranger.receive(until: "</Error>")
            let text = try await ask(fixture.operationsPort, "/metrics")
            #expect(text.contains("text/plain; version=0.0.4; charset=utf-8"))
            for line in [
                #"strongroom_s3_requests_total{operation="PutObject",status="2xx"} 1"#,
                #"strongroom_s3_requests_total{operation="GetObject",status="2xx"} 2"#,
                #"strongroom_s3_requests_total{operation="GetObject",status="4xx"} 1"#,
                #"strongroom_s3_requests_total{operation="none",status="4xx"} 1"#,
                #"strongroom_s3_request_duration_seconds_count{operation="GetObject"} 3"#,
                "strongroom_s3_received_bytes_total 5", #"strongroom_s3_connections{scheme="http"} 2"#,
            ] {
                #expect(text.contains("\n\(line)\n"), "\(line)")
            }
            let sent = text.split(separator: "\n").first { $0.hasPrefix("strongroom_s3_sent_bytes_total ") }
            #expect((sent?.split(separator: " ").last.flatMap { Int($0) } ?? 0) > 10)
        }
        #expect(metrics.text().contains("strongroom_s3_connections{scheme=\"http\"} 0\n"))
    }
}
#endif
