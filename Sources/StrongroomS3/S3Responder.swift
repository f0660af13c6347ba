#if HTTPServer
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOSSL
internal import Strongroom
internal import StrongroomS3Protocol
internal import StrongroomKeys

/// Hands requests of one endpoint to the service, and its answers to Hummingbird.
struct S3Responder: HTTPResponder {
    typealias Context = S3RequestContext

    let service: S3Service
    let limits: S3ServerLimits
    /// Whether the endpoint's connections are TLS.
    let isSecure: Bool

    func respond(to request: Request, context: S3RequestContext) async throws -> Response {
        let body = RequestBodyReader(request.body, context.channel, limits)
        let incoming = S3Request(
            method: request.method.rawValue, rawPath: Self.rawPath(request), rawQuery: Self.rawQuery(request),
            headers: Self.headers(request), connection: await connection(context.channel), id: RequestID.next(),
            body: RequestBodyStream { try await body.read() })
        let answer = await service.answer(incoming)
        return response(answer, to: request, id: incoming.id, body, context.channel)
    }

    // MARK: - What comes

    private static func rawPath(_ request: Request) -> String {
        let target = request.head.path ?? "/"
        return String(target.prefix { $0 != "?" })
    }

    private static func rawQuery(_ request: Request) -> String {
        let target = request.head.path ?? "/"
        guard let mark = target.firstIndex(of: "?") else { return "" }
        return String(target[target.index(after: mark)...])
    }

    /// In the order in which they came; the host, which HTTP/2 has elsewhere, before them.
    private static func headers(_ request: Request) -> RequestHeaders {
        let host = request.head.authority.map { [(name: "host", value: $0)] } ?? []
        return RequestHeaders(host + request.headers.map { (name: $0.name.canonicalName, value: $0.value) })
    }

    private func connection(_ channel: any Channel) async -> ConnectionFacts {
        // Streams of HTTP/2 are channels of their own in the connection's.
        let connection = channel.parent?.parent == nil ? channel : channel.parent ?? channel
        let address = (connection.remoteAddress ?? channel.remoteAddress)?.ipAddress
        guard isSecure else { return ConnectionFacts(sourceAddress: address, transport: .plain) }
        return ConnectionFacts(
            sourceAddress: address, transport: .transportLayerSecurity(version: await Self.tlsVersion(connection)))
    }

    private static func tlsVersion(_ channel: any Channel) async -> String {
        let version = try? await channel.nioSSL_tlsVersion().get()
        switch version {
        case .tlsv13: return "1.3"
        case .tlsv12: return "1.2"
        case .tlsv11: return "1.1"
        default: return "1.0"
        }
    }

    // MARK: - What goes

    private func response(
        _ answer: S3Answer, to request: Request, id: String, _ body: RequestBodyReader, _ channel: any Channel
    ) -> Response {
        var fields = HTTPFields()
        for (name, value) in answer.headers.fields {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        for text in ["x-amz-request-id", "x-amz-id-2"] {
            if let name = HTTPField.Name(text) { fields[name] = id }
        }
        let status = HTTPResponse.Status(code: answer.status)
        // What the client is still sending would be taken for its next request, or be read for nothing.
        let leavesBody = body.isUnread && Self.announcesBody(request)
        if leavesBody { fields[.connection] = "close" }
        var response = Response(
            status: status, headers: fields,
            body: Self.body(answer, isHead: request.method == .head, leavesBody ? channel : nil))
        if answer.status == 304 || answer.status == 204 { response.headers[.contentLength] = nil }
        return response
    }

    private static func announcesBody(_ request: Request) -> Bool {
        if let length = request.headers[.contentLength] { return length != "0" }
        return request.headers.contains(.transferEncoding)
    }

    private static func body(_ answer: S3Answer, isHead: Bool, _ closing: (any Channel)?) -> ResponseBody {
        guard !isHead else { return ResponseBody() }
        if case .bytes(let bytes) = answer.body, closing == nil {
            return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        }
        if case .none = answer.body, closing == nil { return ResponseBody() }
        return ResponseBody(contentLength: Int(answer.lengthBytes)) { writer in
            switch answer.body {
            case .none: break
            case .bytes(let bytes): try await writer.write(ByteBuffer(bytes: bytes))
            case .object(let body): for try await slice in body { try await writer.write(ByteBuffer(bytes: slice)) }
            }
            try await writer.finish(nil)
            if let closing { UnreadBody.close(closing) }
        }
    }
}

/// Ends a connection whose client is still sending what nobody will read.
enum UnreadBody {
    /// How long the client may take to read the answer. Closed at once, what it sends would make its system throw the
    /// answer away (RFC 9112, section 9.6).
    private static let lingerTime = TimeAmount.seconds(2)

    static func close(_ channel: any Channel) {
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: lingerTime) { channel.close(promise: nil) }
    }
}
#endif
