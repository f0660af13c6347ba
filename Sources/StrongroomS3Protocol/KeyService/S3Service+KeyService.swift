internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSignature

/// The endpoint of the key service: KMS's protocol (`POST /`, JSON 1.1) on the ports of S3, for the same users.
///
/// Signatures name the service `kms`. Whether a user may do something is decided by the key service itself, by the
/// key's policy, its grants and the user's own policies, which go along with the request.
extension S3Service {
    static let keyServicePrefix = "TrentService."
    static let keyServiceContentType = "application/x-amz-json-1.1"

    /// Whether a request is for the key service and not for S3.
    static func isForKeyService(_ request: S3Request) -> Bool {
        request.method == "POST" && request.rawPath == "/"
            && request.headers.values("x-amz-target").contains { $0.hasPrefix(keyServicePrefix) }
    }

    /// Never fails: what goes wrong is an answer, too.
    func answerKeyService(_ request: S3Request, _ log: inout RequestLog) async -> S3Answer {
        do throws(KeyServiceRefusal) {
            return Self.keyServiceAnswer(200, try await askKeyService(request, &log).body(), request)
        } catch {
            var error = error
            if !log.isCounted, !isWithinRate(nil, request, &log) { error = .throttled }
            log.error = S3Error(error.status, error.type, error.message, cause: error.cause)
            let document = JSONValue.object(["__type": .string(error.type), "message": .string(error.message)])
            return Self.keyServiceAnswer(error.status, .bytes(document.encoded()), request)
        }
    }

    private func askKeyService(
        _ request: S3Request, _ log: inout RequestLog
    ) async throws(KeyServiceRefusal) -> KeyServiceResult {
        let (name, operation) = try Self.keyServiceOperation(request)
        log.serviceOperation = name
        guard !operation.carriesSecret || request.connection.isSecure else {
            throw .validation(
                "\(name) carries plaintext or key material, which must go over a secure connection; use HTTPS.")
        }
        let incoming: IncomingRequest
        do throws(SignatureError) {
            incoming = try Self.decoded(request)
        } catch {
            throw KeyServiceRefusal(error)
        }
        let signer = try await authenticator.keyServiceSigner(incoming, nowMilliseconds: clock())
        var body = try await KeyServiceBody(reading: request)
        defer { body.wipe() }
        do throws(SignatureError) {
            try signer.verify(body: body.bytes)
        } catch {
            throw KeyServiceRefusal(error)
        }
        log.user = signer.found.user.logName
        guard isWithinRate(signer.found.user.origin.accessKeyID, request, &log) else { throw .throttled }
        let members = try body.members()
        try members.allow(only: operation.members)
        let call = KeyServiceCall(
            members: members,
            store: store.acting(as: signer.found.user.caller(request.connection, nowMilliseconds: clock())),
            account: settings.account, requestID: request.id)
        return try await operation.run(call)
    }

    /// - Throws: `UnknownOperationException`, `UnsupportedOperationException`, `SerializationException`.
    private static func keyServiceOperation(
        _ request: S3Request
    ) throws(KeyServiceRefusal) -> (name: String, operation: KeyServiceOperation) {
        let targets = request.headers.values("x-amz-target")
        let name = String(targets[0].dropFirst(keyServicePrefix.count))
        guard targets.count == 1 else {
            throw KeyServiceRefusal("UnknownOperationException", "The header X-Amz-Target came more than once.")
        }
        guard !KeyServiceOperation.notOffered.contains(name) else {
            throw .unsupported("\(name) is not offered here: there are symmetric keys for encryption alone.")
        }
        guard let operation = KeyServiceOperation.table[name] else {
            throw KeyServiceRefusal("UnknownOperationException", "The key service has no such operation.")
        }
        let type = request.headers.values("content-type").first.map { $0.prefix { $0 != ";" }.lowercased() }
        guard type?.trimmingBlanks == keyServiceContentType else {
            throw .serialization("The header Content-Type must be \(keyServiceContentType).")
        }
        return (name, operation)
    }

    private static func keyServiceAnswer(_ status: Int, _ body: S3Answer.Body, _ request: S3Request) -> S3Answer {
        var headers = AnswerHeaders()
        headers.set("content-type", keyServiceContentType)
        headers.set("x-amzn-requestid", request.id)
        headers.set("cache-control", "no-cache, no-store, must-revalidate, private")
        return S3Answer(status, headers: headers, body: body)
    }
}
