internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomSignature

/// A request's body, and how it is to be held against what was signed.
struct RequestPayload: Sendable {
    var stream: RequestBodyStream
    var mode: PayloadMode
    /// Of bodies in signed chunks: what their signatures are checked with.
    var signer: ChunkSigner?
    /// How many bytes come, as `Content-Length` says; nil where nothing says so.
    var contentLength: UInt64?
    /// How many bytes of payload bodies in chunks have.
    var decodedLength: UInt64?
    /// What comes behind bodies in chunks, in lower case.
    var trailerNames: [String]

    /// Whether nobody can say before the end how long the payload is: the file of a form.
    var isOfUnknownLength = false

    /// How many bytes of payload there are, where that is known.
    var lengthBytes: UInt64? { mode.isChunked ? decodedLength : contentLength }

    /// Reads what the headers say of the body.
    ///
    /// - Throws: `MissingContentLength` where a body in chunks does not say how long it is; `InvalidArgument`.
    init(
        _ request: S3Request, mode: PayloadMode, signer: ChunkSigner?
    ) throws(S3Error) {
        (self.mode, self.signer) = (mode, signer)
        stream = request.body
        contentLength = try request.contentLength()
        trailerNames = request.headers.values("x-amz-trailer")
            .flatMap { $0.split(separator: ",") }.map { $0.trimmingBlanks.lowercased() }
        guard trailerNames.isEmpty || mode.hasTrailer else {
            throw .invalidRequest(
                "x-amz-trailer announces what no body of the mode \(mode.canonicalText.prefix(64)) has.")
        }
        guard mode.isChunked else { return }
        let name = "x-amz-decoded-content-length"
        guard let text = try request.headers.single(name) else {
            throw S3Error(411, "MissingContentLength", "You must provide the \(name) HTTP header.")
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = UInt64(text) else {
            throw .invalidArgument("The header \(name) is no number.", name: name)
        }
        decodedLength = length
    }

    /// The payload as it comes. Whoever reads it to its end knows that all is as it was signed and announced; whoever
    /// does not must not act on it.
    ///
    /// - Throws: `MissingContentLength` where nobody says how long it is.
    func body(verifying checks: BodyChecks) throws(S3Error) -> PayloadBody {
        guard lengthBytes != nil || isOfUnknownLength else {
            throw S3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        }
        return PayloadBody(payload: self, checks: checks)
    }

    /// All of the payload, in memory.
    ///
    /// - Throws: `EntityTooLarge` before more than `limitBytes` are kept; what ``body(verifying:)`` has to say.
    func collect(upTo limitBytes: Int, verifying checks: BodyChecks) async throws(S3Error) -> [UInt8] {
        let tooLarge = S3Error(
            400, "MaxMessageLengthExceeded", "Your request was too big.",
            details: [.init(name: "MaxMessageLengthBytes", value: "\(limitBytes)")])
        if let lengthBytes, lengthBytes > UInt64(limitBytes) { throw tooLarge }
        var bytes: [UInt8] = []
        var iterator = PayloadBody(payload: self, checks: checks).makeAsyncIterator()
        do {
            while let slice = try await iterator.next(isolation: nil) {
                guard bytes.count + slice.count <= limitBytes else { throw tooLarge }
                bytes.append(contentsOf: slice)
            }
        } catch let error as S3Error {
            throw error
        } catch {
            throw .incompleteBody
        }
        try checks.check(bytes)
        return bytes
    }
}

extension S3Error {
    /// What a client is told of a signature that is refused.
    init(_ error: SignatureError) {
        switch error.code {
        case .malformedHeader: self.init(400, "AuthorizationHeaderMalformed", error.message)
        case .malformedQuery: self.init(400, "AuthorizationQueryParametersError", error.message)
        case .ambiguous: self = .invalidArgument(error.message, name: "Authorization")
        case .unsupported: self = .invalidRequest(error.message)
        case .invalidURI: self.init(400, "InvalidURI", error.message)
        case .unsignedHeader, .expired: self = .accessDenied(error.message)
        case .missingHeader: self.init(400, "MissingSecurityHeader", error.message)
        case .skewed: self.init(403, "RequestTimeTooSkewed", error.message)
        case .unknownKey: self.init(403, "InvalidAccessKeyId", error.message)
        case .invalidToken: self.init(400, "InvalidToken", error.message)
        case .expiredToken: self.init(400, "ExpiredToken", error.message)
        case .mismatch: self.init(403, "SignatureDoesNotMatch", error.message)
        case .invalidPayloadMode: self = .invalidArgument(error.message, name: "x-amz-content-sha256")
        case .malformedBody: self = .invalidRequest(error.message)
        case .incompleteBody: self.init(400, "IncompleteBody", error.message)
        default: self = .internalError(error)
        }
    }
}
