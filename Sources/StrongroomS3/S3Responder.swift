#if HTTPServer
internal import HTTPTypes
public import Hummingbird
internal import NIOCore
public import Strongroom
internal import StrongroomCrypto
internal import StrongroomS3Protocol
internal import StrongroomKeys

/// Answers requests of S3 with a store, in an application of Hummingbird.
///
/// All of an application, or, in a ``S3Middleware``, a part of it:
///
/// ```swift
/// let app = Application(
///     responder: try S3Responder(store, context: BasicS3RequestContext.self), server: .s3(),
///     configuration: .init(address: .hostname("127.0.0.1", port: 9000)))
/// ```
///
/// Failures are answers in S3's words; it throws none.
public struct S3Responder<Context: S3RequestContext>: HTTPResponder {
    let service: S3Service
    let limits: S3ServerLimits
    /// Whether connections are TLS; nil where each is asked.
    let isSecure: Bool?
    private let versions = TLSVersions()

    init(service: S3Service, limits: S3ServerLimits, isSecure: Bool?) {
        (self.service, self.limits, self.isSecure) = (service, limits, isSecure)
    }

    /// - Parameters:
    ///   - store: open; not locked, if requests are to be answered. It is the application's to close.
    ///   - options: the limits on connections are those of the application's server; see `HTTPServerBuilder.s3(_:)`.
    ///   - context: the request context of the application.
    /// - Throws: ``S3ServerError/Code/invalidOption``.
    public init(
        _ store: Store, _ options: S3ServiceOptions = S3ServiceOptions(), context: Context.Type = Context.self
    ) throws(S3ServerError) {
        try options.check()
        self.init(service: S3Service(store, options), limits: options.limits, isSecure: nil)
    }

    /// The answer of S3. Its body is read from the store while it is sent.
    public func respond(to request: Request, context: Context) async throws -> Response {
        let body = RequestBodyReader(request.body, context.channel, limits, service.metrics)
        let incoming = S3Request(
            method: request.method.rawValue, rawPath: Self.rawPath(request), rawQuery: Self.rawQuery(request),
            headers: Self.headers(request), connection: await connection(context), id: RequestID.next(),
            body: RequestBodyStream { try await body.read() })
        let answer = await service.answer(incoming)
        return response(answer, to: request, id: incoming.id, body, context.channel)
    }

    // MARK: - What comes

    private static func rawPath(_ request: Request) -> String {
        let target = request.head.path ?? "/"
        return String(Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") }))
    }

    private static func rawQuery(_ request: Request) -> String {
        let target = request.head.path ?? "/"
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return "" }
        return String(target[mark...].utf8.dropFirst()) ?? ""
    }

    /// In the order in which they came; the host, which HTTP/2 has elsewhere, before them.
    private static func headers(_ request: Request) -> RequestHeaders {
        let host = request.head.authority.map { [(name: "host", value: $0)] } ?? []
        return RequestHeaders(host + request.headers.map { (name: $0.name.canonicalName, value: $0.value) })
    }

    private func connection(_ context: Context) async -> ConnectionFacts {
        let address = context.clientAddress
        guard isSecure != false, let version = await versions.version(of: context.channel.connection) else {
            return ConnectionFacts(sourceAddress: address, transport: .plain)
        }
        return ConnectionFacts(sourceAddress: address, transport: .transportLayerSecurity(version: version))
    }

    // MARK: - What goes

    private func response(
        _ answer: S3Answer, to request: Request, id: String, _ body: RequestBodyReader, _ channel: any Channel
    ) -> Response {
        var fields = HTTPFields()
        fields.reserveCapacity(answer.headers.fields.count + 3)
        for (name, value) in answer.headers.fields {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        for name in HTTPField.Name.ofRequest { fields.append(HTTPField(name: name, value: id)) }
        let status = HTTPResponse.Status(code: answer.status)
        // What the client is still sending would be read for nothing, for as long as it likes to send.
        let length = request.headers[.contentLength].flatMap { UInt64($0) }
        let leavesBody = Self.announcesBody(request) && !body.isOver(lengthBytes: length)
        // No header of HTTP/2 (RFC 9113, section 8.2.2): there it is the stream that ends.
        if leavesBody, !channel.isStream { fields[.connection] = "close" }
        var response = Response(
            status: status, headers: fields,
            body: responseBody(answer, isHead: request.method == .head, leavesBody ? channel : nil))
        if answer.status == 304 || answer.status == 204 { response.headers[.contentLength] = nil }
        return response
    }

    private static func announcesBody(_ request: Request) -> Bool {
        // Whoever waits to be told to go on, and is not, is not trusted to know what the next answer is to.
        if request.headers[.expect] != nil { return true }
        if let length = request.headers[.contentLength] { return length != "0" }
        return request.headers.contains(.transferEncoding)
    }

    private func responseBody(_ answer: S3Answer, isHead: Bool, _ closing: (any Channel)?) -> ResponseBody {
        guard !isHead else { return ResponseBody() }
        if case .bytes(let bytes) = answer.body, closing == nil {
            service.metrics.noteSent(bytes.count)
            return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        }
        if case .none = answer.body, closing == nil { return ResponseBody() }
        return ResponseBody(contentLength: Int(answer.lengthBytes)) { [metrics = service.metrics] writer in
            switch answer.body {
            case .none: break
            case .bytes(let bytes):
                try await writer.write(ByteBuffer(bytes: bytes))
                metrics.noteSent(bytes.count)
            case .secret(let secret):
                let buffer = try ByteBuffer(secret)
                try await writer.write(buffer)
                metrics.noteSent(buffer.readableBytes)
            case .object(let body):
                for try await slice in body {
                    try await writer.write(ByteBuffer(bytes: slice))
                    metrics.noteSent(slice.count)
                }
            }
            try await writer.finish(nil)
            if let closing { UnreadBody.end(closing) }
        }
    }
}

extension HTTPField.Name {
    /// Both have the request's name.
    fileprivate static let ofRequest = ["x-amz-request-id", "x-amz-id-2"].compactMap { HTTPField.Name($0) }
}

extension ByteBuffer {
    /// What is sent leaves locked memory here: the buffer, and what TLS makes of it, is freed, not wiped.
    fileprivate init(_ secret: SharedSecret) throws(SecretMemoryError) {
        self = try secret.bytes.withBytes { bytes in
            // Safe: the buffer copies the bytes.
            unsafe bytes.withUnsafeBytes { bytes in unsafe ByteBuffer(bytes: bytes) }
        }
    }
}
#endif
