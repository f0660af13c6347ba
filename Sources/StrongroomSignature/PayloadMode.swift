/// How a request's body is covered by its signature: the header `x-amz-content-sha256`.
package enum PayloadMode: Sendable, Equatable {
    /// By its SHA-256, 64 hexadecimal digits in lower case.
    case hash(String)
    /// Not at all.
    case unsigned
    /// In chunks, each with a signature; with headers behind them or without.
    case signedChunks(hasTrailer: Bool)
    /// In chunks without signatures, with headers behind them.
    case unsignedChunks

    /// As it stands in the canonical request.
    package var canonicalText: String {
        switch self {
        case .hash(let digits): digits
        case .unsigned: "UNSIGNED-PAYLOAD"
        case .signedChunks(hasTrailer: false): "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
        case .signedChunks(hasTrailer: true): "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
        case .unsignedChunks: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        }
    }

    package var isChunked: Bool {
        switch self {
        case .hash, .unsigned: false
        case .signedChunks, .unsignedChunks: true
        }
    }

    /// Whether headers may come behind the body.
    package var hasTrailer: Bool {
        switch self {
        case .hash, .unsigned, .signedChunks(hasTrailer: false): false
        case .signedChunks(hasTrailer: true), .unsignedChunks: true
        }
    }

    static let headerName = "x-amz-content-sha256"

    /// - Parameter isPresigned: then the header may be missing, and the payload is unsigned, unless the query says
    ///   otherwise.
    /// - Throws: `missingHeader`, `invalidPayloadMode`, `unsupported`.
    package static func read(_ request: IncomingRequest, isPresigned: Bool) throws(SignatureError) -> PayloadMode {
        let name = headerName
        var values = request.values(name)
        // A presigned URL may have it in its query. Where it stands in both, a signer may have meant either.
        if isPresigned {
            let inQuery = request.parameters(name)
            if values != inQuery { values += inQuery }
        }
        guard let value = values.first else {
            if isPresigned { return .unsigned }
            throw SignatureError(.missingHeader, "Missing required header for this request: x-amz-content-sha256")
        }
        guard values.count == 1 else {
            throw SignatureError(.invalidPayloadMode, "\(name) came more than once.")
        }
        for mode in [
            PayloadMode.unsigned, .signedChunks(hasTrailer: false), .signedChunks(hasTrailer: true), .unsignedChunks,
        ]
        where mode.canonicalText == value {
            return mode
        }
        if value.hasPrefix("STREAMING-AWS4-ECDSA") {
            throw SignatureError(.unsupported, "\(value.prefix(64)) is not supported here; use AWS4-HMAC-SHA256.")
        }
        let isHash =
            value.utf8.count == 64
            && value.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard isHash else {
            throw SignatureError(
                .invalidPayloadMode,
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                    + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid "
                    + "sha256 value.")
        }
        return .hash(value)
    }
}
