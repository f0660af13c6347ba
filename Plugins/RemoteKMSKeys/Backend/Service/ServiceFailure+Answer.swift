#if RemoteKMS
internal import NIOHTTP1
internal import StrongroomCrypto
internal import StrongroomKeys

/// What the service's own errors mean.
extension ServiceFailure {
    /// Of an answer that is no success.
    ///
    /// - Parameter clock: this machine's time as it was signed.
    init(_ response: ServiceResponse, _ endpoint: ServiceEndpoint, clock: String) {
        let url = endpoint.url
        if (300..<400).contains(response.status) {
            self.init(
                .unavailable,
                "\(url) answered with a redirect (status \(response.status)), which is not followed: keys are asked for "
                    + "where the endpoint says, and nowhere else. Set endpoint to the key service itself.")
            return
        }
        let body = ErrorBody(response)
        let said = body.said
        if let (code, remedy) = Self.known[body.type] {
            self.init(code, "The key service at \(url) refused: \(said).", remedy)
        } else if body.isClockSkew {
            let theirs = ServiceText.printable(
                response.headers.first(name: "date") ?? "unknown", sizeBytesMax: Self.dateSizeBytesMax)
            self.init(
                .accessDenied,
                "The key service at \(url) refused the time of the request: this machine's clock says \(clock), the "
                    + "service's \(theirs). Set the clock (NTP), then try again. \(said).")
        } else if Self.signing.contains(body.type) {
            self.init(
                .accessDenied,
                "The key service at \(url) does not accept the credentials: \(said). Check the credentials file, its "
                    + "profile and the region.", .readCredentials)
        } else if response.status >= 500 {
            self.init(
                .unavailable, "The key service at \(url) failed with status \(response.status): \(said).",
                .tryAgainIfRepeatable)
        } else if response.status == 429 {
            self.init(.throttled, "The key service at \(url) has too many requests: \(said).", .tryAgain)
        } else if response.status == 401 || response.status == 403 {
            self.init(
                .accessDenied,
                "The key service at \(url) refused (status \(response.status)): \(said). Check the credentials, their "
                    + "profile, and what they may do.", .readCredentials)
        } else {
            self.init(.unavailable, "\(url) answered with status \(response.status): \(said). Is it a key service?")
        }
    }

    private static let dateSizeBytesMax = 64

    private static let signing: Set<String> = [
        "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
        "IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "ExpiredTokenException", "ExpiredToken", "InvalidAccessKeyId",
        "NotAuthorizedException",
    ]

    private static let known: [String: (KeyBackendError.Code, Remedy)] = [
        "NotFoundException": (.keyNotFound, .none), "DisabledException": (.keyDisabled, .none),
        "KMSInvalidStateException": (.invalidKeyState, .none), "InvalidKeyUsageException": (.invalidKeyState, .none),
        "ConflictException": (.invalidKeyState, .none),
        "InvalidCiphertextException": (.invalidCiphertext, .none), "IncorrectKeyException": (.incorrectKey, .none),
        "AccessDeniedException": (.accessDenied, .none), "AccessDenied": (.accessDenied, .none),
        "OptInRequired": (.accessDenied, .none),
        "ThrottlingException": (.throttled, .tryAgain), "Throttling": (.throttled, .tryAgain),
        "TooManyRequestsException": (.throttled, .tryAgain), "RequestLimitExceeded": (.throttled, .tryAgain),
        "DependencyTimeoutException": (.unavailable, .tryAgainIfRepeatable),
        "KMSInternalException": (.unavailable, .tryAgainIfRepeatable),
        "InternalFailure": (.unavailable, .tryAgainIfRepeatable),
        "KeyUnavailableException": (.unavailable, .tryAgainIfRepeatable),
        "ServiceUnavailable": (.unavailable, .tryAgain), "ServiceUnavailableException": (.unavailable, .tryAgain),
        "ValidationException": (.invalidRequest, .none), "InvalidArnException": (.invalidRequest, .none),
        "InvalidAliasNameException": (.invalidRequest, .none), "InvalidMarkerException": (.invalidRequest, .none),
        "InvalidGrantTokenException": (.invalidRequest, .none), "AlreadyExistsException": (.invalidRequest, .none),
        "MalformedPolicyDocumentException": (.invalidRequest, .none), "TagException": (.invalidRequest, .none),
        "SerializationException": (.invalidRequest, .none), "LimitExceededException": (.invalidRequest, .none),
        "UnsupportedOperationException": (.unsupported, .none), "UnknownOperationException": (.unsupported, .none),
    ]
}

/// `{"__type":"com.amazonaws.kms#NotFoundException","message":"…"}`, or the type in a header.
private struct ErrorBody {
    var type = ""
    var message = ""
    private var requestID: String?

    private static let nameSizeBytesMax = 128
    private static let messageSizeBytesMax = 1000

    init(_ response: ServiceResponse) {
        let bytes: [UInt8]
        switch response.body {
        case .plain(let plain): bytes = plain
        // The body of an error holds no key.
        case .secret(let secret):
            bytes = (try? secret.bytes.withBytes { $0.bytes(in: 0..<$0.byteCount) }) ?? []
        }
        let members = (try? JSONValue.object(parsing: bytes)) ?? [:]
        if case .string(let name)? = members["__type"] ?? members["code"] { type = Self.name(name) }
        if type.isEmpty, let name = response.headers.first(name: "x-amzn-errortype") { type = Self.name(name) }
        if case .string(let text)? = members["message"] ?? members["Message"] {
            message = ServiceText.printable(text, sizeBytesMax: Self.messageSizeBytesMax)
        }
        requestID = response.headers.first(name: "x-amzn-requestid").map {
            ServiceText.printable($0, sizeBytesMax: Self.nameSizeBytesMax)
        }
    }

    /// Without what stands before a hash or after a colon.
    private static func name(_ text: String) -> String {
        let name = text.split(separator: "#").last?.split(separator: ":").first ?? ""
        return ServiceText.printable(String(name), sizeBytesMax: nameSizeBytesMax)
    }

    var isClockSkew: Bool {
        ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"].contains(type)
            || message.contains("Signature expired") || message.contains("Signature not yet current")
    }

    /// For the end of a sentence.
    var said: String {
        let what = [type.isEmpty ? "an error without a name" : type, message].filter { !$0.isEmpty }
        let text = what.joined(separator: ": ")
        let ended = text.hasSuffix(".") ? String(text.dropLast()) : text
        return ended + (requestID.map { " (request \($0))" } ?? "")
    }
}
#endif
