import ArgumentParser
import Foundation
import HTTPTypes
import Hummingbird
import NIOSSL
import StrongroomFuzzTargets
import StrongroomS3

/// What `strongroom serve` is measured against: a handler over the same connections and the same TLS, which reads the
/// body, checks the signature, and answers as many bytes as the path's second component says.
@main
struct ServedBaseline: AsyncParsableCommand {
    @Option(help: "Where to listen, at 127.0.0.1.") var port: Int
    @Option(help: "The certificate, in PEM.") var certificate: String
    @Option(help: "Its private key, in PEM.") var privateKey: String
    @Option(help: "The secret access key of whoever signs: the benchmark's own.") var secretAccessKey: String

    func run() async throws {
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem)))
        tls.minimumTLSVersion = .tlsv12
        let responder = Baseline(
            signatures: _SignatureBenchmark(
                secretAccessKey: secretAccessKey, region: "us-east-1",
                wallMilliseconds: Int64(Date().timeIntervalSince1970 * 1_000)))
        let application = Application(
            responder: responder, server: try .s3(tls: tls),
            configuration: .init(address: .hostname("127.0.0.1", port: port)))
        try await application.runService()
    }
}

struct Baseline: HTTPResponder {
    typealias Context = BasicS3RequestContext

    let signatures: _SignatureBenchmark
    private let bodies: [Int: ByteBuffer] = [
        4_096: ByteBuffer(repeating: 0xA5, count: 4_096), 64 << 10: ByteBuffer(repeating: 0xA5, count: 64 << 10),
    ]
    private static let sliceBytes = 64 << 10

    init(signatures: _SignatureBenchmark) { self.signatures = signatures }

    func respond(to request: Request, context: BasicS3RequestContext) async throws -> Response {
        let target = (request.head.path ?? "/").split(separator: "?", maxSplits: 1).map(String.init)
        let host = request.head.authority.map { [(name: "host", value: $0)] } ?? []
        let isRight = signatures.isRight(
            method: request.method.rawValue, rawPath: target[0], rawQuery: target.count > 1 ? target[1] : "",
            headers: host + request.headers.map { (name: $0.name.canonicalName, value: $0.value) })
        for try await _ in request.body {}
        guard isRight else { return Response(status: .forbidden) }
        guard request.method == .get else { return Response(status: .ok, headers: [.contentLength: "0"]) }
        let size = target[0].split(separator: "/").dropFirst().first.flatMap { Int($0) } ?? 0
        if let body = bodies[size] { return Response(status: .ok, body: ResponseBody(byteBuffer: body)) }
        return Response(
            status: .ok,
            body: ResponseBody(contentLength: size) { [slice = bodies[Self.sliceBytes]!] writer in
                for _ in 0..<size / Self.sliceBytes { try await writer.write(slice) }
                try await writer.finish(nil)
            })
    }
}
