#if CommandLineTool
import Foundation
import Glibc
import Logging
import Strongroom
import SystemPackage
import Testing

@testable import StrongroomCommandLine

/// The story: connections that said nothing held their places for ever, and sixteen of them kept every command out.
@Suite("Silent connections to a control socket") struct ControlTimeoutTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A directory that is gone when the test is over.
    private struct Folder: ~Copyable {
        let path = FilePath(NSTemporaryDirectory()).appending("control-\(UUID().uuidString)")

        deinit { try? FileManager.default.removeItem(atPath: path.string) }
    }

    private static func text(_ connection: ControlConnection, withinSeconds seconds: Int) -> String? {
        guard connection.isReady(withinSeconds: seconds), case .message(let bytes, _) = connection.receive()
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func with(
        requestTimeoutSeconds: Int, _ body: (_ store: FilePath) async throws -> Void
    ) async throws {
        let folder = Folder()
        try FileManager.default.createDirectory(atPath: folder.path.string, withIntermediateDirectories: true)
        let path = folder.path.appending("store")
        let store = try await Store.open(at: path)
        let server = try await ControlServer(
            store, at: path, logger: quiet, requestTimeoutSeconds: requestTimeoutSeconds)
        do {
            try await body(path)
        } catch {
            Issue.record(error)
        }
        await server.stop()
        try await store.close()
    }

    @Test("are told so and closed in the end, and make room for commands")
    func places() async throws {
        try await Self.with(requestTimeoutSeconds: 2) { store in
            let silent = try (0..<16).map { _ in try #require(try ControlConnection(to: store)) }
            // All places are taken, which one more is told at once.
            let refused = try #require(try ControlConnection(to: store))
            #expect(Self.text(refused, withinSeconds: 60)?.contains("too many commands") == true)
            for connection in silent {
                #expect(Self.text(connection, withinSeconds: 60)?.contains("no command came within 2 seconds") == true)
                #expect(connection.isReady(withinSeconds: 60))
                guard case .end = connection.receive() else {
                    Issue.record("a silent connection stays open")
                    return
                }
            }
            // A request without descriptors is answered: it was looked at.
            let next = try #require(try ControlConnection(to: store))
            #expect(next.send(Array("{}".utf8)) == 0)
            #expect(Self.text(next, withinSeconds: 60)?.contains("without standard input, output and error") == true)
        }
    }

    @Test("have their time, and one that speaks in it is heard")
    func patience() async throws {
        try await Self.with(requestTimeoutSeconds: 60) { store in
            let connection = try #require(try ControlConnection(to: store))
            #expect(!connection.isReady(withinSeconds: 1))
            #expect(connection.send(Array("{}".utf8)) == 0)
            #expect(Self.text(connection, withinSeconds: 60)?.contains("without standard input") == true)
        }
    }

    @Test("do not keep a server from ending")
    func stopping() async throws {
        let began = ContinuousClock.now
        try await Self.with(requestTimeoutSeconds: 600) { store in
            let connection = try #require(try ControlConnection(to: store))
            #expect(!connection.isReady(withinSeconds: 1))
        }
        #expect(began.duration(to: .now) < .seconds(300))
    }
}
#endif
