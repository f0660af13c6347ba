internal import Strongroom
internal import StrongroomSignature

/// The endpoint of the token service: STS's protocol (a form in `POST /`, or the query of `GET /`) on the ports of S3,
/// for the same users. Signatures name the service `sts`.
extension S3Service {
    private static let version = "2011-06-15"
    private static let formType = "application/x-www-form-urlencoded"

    /// Whether a request is for the token service and not for S3. Nothing of S3's is a form of this kind without a
    /// query, or has these two parameters.
    static func isForTokenService(_ request: S3Request) -> Bool {
        guard request.rawPath == "/" else { return false }
        switch request.method {
        case "POST": return request.rawQuery.isEmpty && contentType(request) == formType
        case "GET":
            let items = request.rawQuery.split(separator: "&")
            return items.contains("Version=\(version)") && items.contains { $0.hasPrefix("Action=") }
        default: return false
        }
    }

    /// Never fails: what goes wrong is an answer, too.
    func answerTokenService(_ request: S3Request, _ log: inout RequestLog) async -> S3Answer {
        do throws(TokenServiceRefusal) {
            return Self.tokenServiceAnswer(200, try await askTokenService(request, &log), request)
        } catch {
            var error = error
            if !log.isCounted, !isWithinRate(nil, request, &log) { error = .throttled }
            log.error = S3Error(error.status, error.code, error.message, cause: error.cause)
            return Self.tokenServiceAnswer(error.status, .bytes(Self.document(error, request)), request)
        }
    }

    private func askTokenService(
        _ request: S3Request, _ log: inout RequestLog
    ) async throws(TokenServiceRefusal) -> S3Answer.Body {
        let signer: ServiceSigner
        let body: [UInt8]
        do throws(SignatureError) {
            let incoming = try Self.decoded(request)
            guard let credentials = try RequestCredentials.read(incoming) else { throw Self.unsigned }
            signer = try await authenticator.signer(
                credentials, incoming, service: "sts", nowMilliseconds: clock())
            body = try await Self.body(request)
            try signer.verify(body: body)
        } catch {
            throw error.code == .missingHeader
                ? TokenServiceRefusal(403, "MissingAuthenticationToken", error.message) : TokenServiceRefusal(error)
        }
        log.user = signer.found.user.logName
        guard isWithinRate(signer.found.user.origin.accessKeyID, request, &log) else { throw .throttled }
        let items: [(name: String, value: String)]
        do throws(SignatureError) {
            let form = request.method == "POST" ? String(decoding: body, as: UTF8.self) : request.rawQuery
            items = try IncomingRequest.parameters(form)
        } catch {
            throw TokenServiceRefusal(error)
        }
        let parameters = try TokenServiceParameters(items)
        let (name, operation) = try Self.operation(parameters)
        log.serviceOperation = name
        try parameters.allow(only: operation.parameters, not: operation.refusedParameters)
        guard !operation.carriesSecret || request.connection.isSecure else {
            throw .validation("\(name) carries a secret, which must go over a secure connection; use HTTPS.")
        }
        let call = TokenServiceCall(
            parameters: parameters,
            facts: RequestConditions.facts(request, .user(signer.found.user), settings, nowMilliseconds: clock()),
            store: store, account: settings.account, user: signer.found.user, nowMilliseconds: clock(),
            nanoseconds: nanoseconds())
        return try await operation.run(call).body(name, requestID: request.id)
    }

    private static let unsigned = SignatureError(.missingHeader, "Request is missing Authentication Token")

    private static func contentType(_ request: S3Request) -> String? {
        request.headers.values("content-type").first.map { $0.prefix { $0 != ";" }.lowercased().trimmingBlanks }
    }

    private static func body(_ request: S3Request) async throws(SignatureError) -> [UInt8] {
        do throws(WholeBody.Fault) {
            return try await WholeBody.read(request, limitBytes: TokenServiceParameters.limitBytes)
        } catch {
            throw SignatureError(
                .malformedBody,
                "The body has more than \(TokenServiceParameters.limitBytes) bytes, or others than its header says.")
        }
    }

    /// - Throws: `MissingAction`, `InvalidAction`, `UnsupportedOperation`.
    private static func operation(
        _ parameters: TokenServiceParameters
    ) throws(TokenServiceRefusal) -> (name: String, operation: TokenServiceOperation) {
        guard let name = parameters.text("Action") else {
            throw TokenServiceRefusal(400, "MissingAction", "The request has no parameter Action.")
        }
        guard parameters.text("Version") == version else {
            throw TokenServiceRefusal(
                400, "InvalidAction", "There is the version \(version) of the token service alone.")
        }
        guard !TokenServiceOperation.notOffered.contains(name) else {
            throw TokenServiceRefusal(400, "UnsupportedOperation", "\(name) is not offered here.")
        }
        guard let operation = TokenServiceOperation.table[name] else {
            throw TokenServiceRefusal(400, "InvalidAction", "The token service has no such operation.")
        }
        return (name, operation)
    }

    private static func document(_ error: TokenServiceRefusal, _ request: S3Request) -> [UInt8] {
        let kind = error.status < 500 ? "Sender" : "Receiver"
        return Array(
            ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                + "<ErrorResponse xmlns=\"\(TokenServiceResult.namespace)\"><Error>"
                + "<Type>\(kind)</Type><Code>\(error.code)</Code><Message>\(XMLText.escaped(error.message))</Message>"
                + "</Error><RequestId>\(request.id)</RequestId></ErrorResponse>").utf8)
    }

    private static func tokenServiceAnswer(_ status: Int, _ body: S3Answer.Body, _ request: S3Request) -> S3Answer {
        var headers = AnswerHeaders()
        headers.set("content-type", "text/xml")
        headers.set("x-amzn-requestid", request.id)
        headers.set("cache-control", "no-cache, no-store, must-revalidate, private")
        return S3Answer(status, headers: headers, body: body)
    }
}
