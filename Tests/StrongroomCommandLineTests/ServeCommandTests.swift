#if CommandLineTool && HTTPServer
import Foundation
import Testing

/// The server as a service manager or a container runs it: a file, the environment, and questions whether it is well.
@Suite("Serve") struct ServeCommandTests {
    /// What the shell of the container file does, with all of the answer.
    private func ask(_ url: String, _ path: String) throws -> String {
        let port = url.split(separator: ":").last.map(String.init) ?? ""
        let request = "GET \(path) HTTP/1.1\\r\\nhost: localhost\\r\\nconnection: close\\r\\n\\r\\n"
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port) && printf '\(request)' >&3 && cat <&3"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: answer, as: UTF8.self)
    }

    @Test("By file and environment alone it serves, says that it is ready and what it does, and ends on SIGTERM")
    func whole() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        try strongroom.write(
            "serve.json", Data(#"{"http": "127.0.0.1:0", "region": "eu-test-1", "anonymousRate": "1"}"#.utf8))
        let server = try strongroom.start(
            ["serve", "--json"], outputs: "serve",
            environment: [
                "STRONGROOM_SERVE_CONFIG": strongroom.path("serve.json"),
                "STRONGROOM_SERVE_OPERATIONS": "127.0.0.1:0",
            ])
        defer { if server.isRunning { server.terminate() } }
        var urls: [String: String] = [:]
        for _ in 0..<600 where urls.count < 2 && server.isRunning {
            for line in String(decoding: try strongroom.read("serveout"), as: UTF8.self).split(separator: "\n") {
                let said = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
                if let said, let purpose = said["purpose"] { urls[purpose] = said["url"] }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        let operations = try #require(urls["operations"])
        let clients = try #require(urls["s3"])
        #expect(try ask(operations, "/-/ready").hasPrefix("HTTP/1.1 200"))
        #expect(try ask(operations, "/-/healthy").hasPrefix("HTTP/1.1 200"))
        #expect(try ask(clients, "/data/k").contains("AccessDenied"))
        var codes: [Bool] = []
        for _ in 0..<20 { codes.append(try ask(clients, "/data/k").contains("SlowDown")) }
        #expect(codes.contains(true))
        let metrics = try ask(operations, "/metrics")
        for line in [
            #"strongroom_s3_requests_total{operation="GetObject",status="4xx"} "#, "strongroom_s3_throttled_total ",
            "strongroom_s3_connections{scheme=\"http\"} ", "strongroom_checkpoint_lag_bytes ",
        ] {
            #expect(metrics.contains("\n" + line), "\(line)")
        }
        server.terminate()
        server.waitUntilExit()
        #expect(server.terminationReason == .exit && server.terminationStatus == 0)
    }

    @Test("A setting that there is not is wrong usage, and nothing is served")
    func unknown() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        try strongroom.write("serve.json", Data(#"{"http": "127.0.0.1:0", "rootKey": "c2VjcmV0"}"#.utf8))
        let refused = try strongroom("serve", "--config", strongroom.path("serve.json"))
        #expect(refused.status == 64 && refused.output.isEmpty)
        #expect(refused.errors.contains("rootKey") && !refused.errors.contains("c2VjcmV0"))
        let nowhere = try strongroom("serve")
        #expect(nowhere.status == 64 && nowhere.errors.contains("--http"))
        for count in ["0", "-5"] {
            let none = try strongroom("serve", "--http", "127.0.0.1:0", "--connections=\(count)")
            #expect(none.status == 64 && none.errors.contains("--connections is at least 1"), "\(none.errors)")
        }
        let immense = try strongroom("serve", "--http", "127.0.0.1:0", "--connections", "9223372036854775807")
        #expect(immense.status > 0 && immense.errors.contains("ulimit"), "\(immense.errors)")
    }

    @Test("Settings may come by standard input, which can be read once")
    func standardInput() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let settings = Data(#"{"http": "127.0.0.1:0", "account": "12"}"#.utf8)
        let refused = try strongroom("serve", "--config", "-", input: settings)
        // Of all that is said only the account is wrong: the rest was read.
        #expect(refused.status > 0 && refused.errors.contains("account"), "\(refused.errors)")
    }
}
#endif
