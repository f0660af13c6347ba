internal import Strongroom
package import StrongroomKeys

/// A request as it came, before anybody has vouched for it.
package struct S3Request: Sendable {
    /// In upper case.
    var method: String
    /// Percent-encoded, as it came.
    var rawPath: String
    /// Percent-encoded, without the question mark; empty where there is none.
    var rawQuery: String
    var headers: RequestHeaders
    var connection: ConnectionFacts
    /// Names the request in the answer, the log and the audit trail.
    package var id: String
    var body: RequestBodyStream

    package init(
        method: String, rawPath: String, rawQuery: String, headers: RequestHeaders, connection: ConnectionFacts,
        id: String,
        body: RequestBodyStream
    ) {
        (self.method, self.rawPath, self.rawQuery) = (method, rawPath, rawQuery)
        (self.headers, self.connection, self.id, self.body) = (headers, connection, id, body)
    }

    /// The body's length as its headers say; nil for one in chunks.
    ///
    /// - Throws: `InvalidArgument`.
    func contentLength() throws(S3Error) -> UInt64? {
        guard let text = try headers.single("content-length") else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = UInt64(text) else {
            throw .invalidArgument("The header Content-Length is no number.", name: "Content-Length")
        }
        return length
    }
}

/// What is known of the connection that a request came over.
package struct ConnectionFacts: Sendable {
    /// The peer's address, without a port; nil where there is none (a socket in the file system).
    var sourceAddress: String?
    var transport: Caller.Transport

    package init(sourceAddress: String?, transport: Caller.Transport) {
        (self.sourceAddress, self.transport) = (sourceAddress, transport)
    }

    var isSecure: Bool { if case .transportLayerSecurity = transport { true } else { false } }

    /// Such as `1.3`.
    var tlsVersion: String? {
        if case .transportLayerSecurity(let version) = transport { version } else { nil }
    }
}

/// The bytes of a request, once, as the client sends them.
package struct RequestBodyStream: Sendable {
    /// The next slice, nil at the end; throws what the connection failed with.
    private let next: @Sendable () async throws -> ArraySlice<UInt8>?

    package init(_ next: @escaping @Sendable () async throws -> ArraySlice<UInt8>?) { self.next = next }

    func read() async throws -> ArraySlice<UInt8>? { try await next() }
}
