package import Logging
package import Strongroom
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSignature
internal import StrongroomSystem

/// Answers requests of S3 with a store. Knows nothing of connections.
package struct S3Service: Sendable {
    let store: Store
    let settings: S3Settings
    let authenticator: Authenticator
    let access: BucketAccessReader
    let logger: Logger
    package let metrics: ServiceMetrics
    /// Nil where there are no rates.
    private let limiter: RateLimiter?
    /// What rates and pauses are measured with; never goes back.
    let nanoseconds: @Sendable () -> UInt64
    /// Milliseconds since 1970-01-01T00:00:00Z.
    let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - nanoseconds: what rates are measured with; never goes back.
    ///   - clock: milliseconds since 1970-01-01T00:00:00Z.
    package init(
        _ store: Store, _ settings: S3Settings, logger: Logger, metrics: ServiceMetrics = ServiceMetrics(),
        nanoseconds: @escaping @Sendable () -> UInt64 = { PosixClock().bootNanoseconds() },
        clock: @escaping @Sendable () -> Int64
    ) {
        self.nanoseconds = nanoseconds
        limiter = RateLimiter(settings.rates, nanoseconds: nanoseconds)
        (self.store, self.settings, self.logger, self.metrics, self.clock) = (store, settings, logger, metrics, clock)
        authenticator = Authenticator(store, settings)
        access = BucketAccessReader(store)
    }

    /// Never fails: what goes wrong is an answer, too.
    package func answer(_ request: S3Request) async -> S3Answer {
        let start = ContinuousClock.now
        var log = RequestLog(request)
        let answer =
            if Self.isForKeyService(request) {
                await answerKeyService(request, &log)
            } else if Self.isForTokenService(request) {
                await answerTokenService(request, &log)
            } else {
                await answerObjects(request, &log)
            }
        let time = ContinuousClock.now - start
        metrics.note(log.operationName, status: answer.status, time)
        log.write(answer, time, to: logger)
        return answer
    }

    private func answerObjects(_ request: S3Request, _ log: inout RequestLog) async -> S3Answer {
        do throws(S3Error) {
            return try await handle(request, &log)
        } catch {
            // Of too many that nobody has signed rightly, that is said instead.
            let isWithinRate = log.isCounted || isWithinRate(nil, request, &log)
            log.error = isWithinRate ? error : .slowDown
            var answer = Self.answer(log.error ?? error, request)
            // A page's script is told of a refusal only so.
            if isWithinRate, request.method != "OPTIONS", let target = log.target {
                await CrossOrigin.mark(&answer, request.headers, request.method, target, access)
            }
            return answer
        }
    }

    /// Counts a request against the rate of whoever made it.
    ///
    /// - Parameter accessKeyID: nil where nobody has signed it, or not rightly.
    func isWithinRate(_ accessKeyID: String?, _ request: S3Request, _ log: inout RequestLog) -> Bool {
        log.isCounted = true
        guard let limiter else { return true }
        let isWithin = limiter.take(accessKeyID: accessKeyID, at: request.connection.sourceAddress)
        if !isWithin { metrics.noteThrottled() }
        return isWithin
    }

    /// - Throws: `SlowDown`.
    func count(_ identity: Identity, _ request: S3Request, _ log: inout RequestLog) throws(S3Error) {
        guard isWithinRate(identity.user?.origin.accessKeyID, request, &log) else { throw .slowDown }
    }

    private func handle(_ request: S3Request, _ log: inout RequestLog) async throws(S3Error) -> S3Answer {
        let incoming: IncomingRequest
        do throws(SignatureError) {
            incoming = try Self.decoded(request)
        } catch {
            throw S3Error(error)
        }
        var request = request
        // From here on nobody sees a customer's key but in locked memory.
        let customerKeys = try CustomerKeyHeaders(taking: &request.headers)
        var query = RequestQuery(incoming.query)
        let target = RequestTarget(
            path: incoming.path, host: try request.headers.single("host") ?? "", domains: settings.domains)
        log.target = target
        if request.method == "OPTIONS" {
            try count(.anonymous, request, &log)
            return try await CrossOrigin.preflight(request.headers, target, access)
        }
        if request.method == "POST", target.key == nil, target.bucket != nil, FormReader.isForm(request.headers) {
            return try await post(request, target, &log)
        }
        let outcome = try await authenticator.authenticate(incoming, nowMilliseconds: clock())
        log.user = outcome.identity.user?.logName
        try count(outcome.identity, request, &log)
        if outcome.signature?.place == .query { try PresignedHeaders.take(&query, into: &request.headers) }
        let operation = try OperationRouter.operation(
            method: request.method, target: target, query: query, headers: request.headers)
        log.operation = operation
        try checkTransport(request, customerKeys)
        var call = try await call(request, query, target, operation, outcome, customerKeys)
        try await call.authorize()
        try RefusedHeaders.check(request.headers, account: settings.account)
        var answer = try await call.run()
        await CrossOrigin.mark(&answer, request.headers, request.method, target, access)
        return answer
    }

    static func decoded(_ request: S3Request) throws(SignatureError) -> IncomingRequest {
        try IncomingRequest(
            method: request.method, rawPath: request.rawPath, rawQuery: request.rawQuery,
            headers: request.headers.fields)
    }

    /// Keys do not go over connections that anybody can read.
    func checkTransport(_ request: S3Request, _ keys: CustomerKeyHeaders) throws(S3Error) {
        guard !request.connection.isSecure else { return }
        guard keys.object.isEmpty, keys.source.isEmpty else {
            throw .invalidRequest(
                "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure "
                    + "connection.")
        }
        guard !EncryptionHeaders.asksKeyService(request.headers) else {
            throw .invalidArgument(
                "Requests specifying Server Side Encryption with AWS KMS managed keys must be made over a secure "
                    + "connection.")
        }
    }

    func call(
        _ request: S3Request, _ query: RequestQuery, _ target: RequestTarget, _ operation: S3Operation,
        _ outcome: Authenticator.Outcome, _ keys: CustomerKeyHeaders
    ) async throws(S3Error) -> S3Call {
        let now = clock()
        let facts = ConditionFacts { [settings] in
            RequestConditions.facts(
                request, query, operation, outcome.identity, settings, signature: outcome.signature,
                nowMilliseconds: now)
        }
        return S3Call(
            settings: settings, request: request, query: query, target: target, operation: operation,
            identity: outcome.identity,
            authorizer: Authorizer(
                identity: outcome.identity, access: try await access.access(target.bucket), facts: facts),
            store: store.serving(caller(outcome.identity, request.connection)), customerKeys: keys,
            payload: try RequestPayload(request, mode: outcome.mode, signer: outcome.signer), accessReader: access,
            nowMilliseconds: now)
    }

    /// As policies of keys name whoever it is, with the policies of its own.
    private func caller(_ identity: Identity, _ connection: ConnectionFacts) -> Caller {
        identity.user?.caller(connection, nowMilliseconds: clock(), viaService: "s3")
            ?? Caller(
                principal: "anonymous", account: "", sourceAddress: connection.sourceAddress,
                transport: connection.transport, viaService: "s3", policies: [])
    }

    static func answer(_ error: S3Error, _ request: S3Request) -> S3Answer {
        var headers = AnswerHeaders()
        for (name, value) in error.headers { headers.set(name, value) }
        guard request.method != "HEAD", error.status != 304 else { return S3Answer(error.status, headers: headers) }
        headers.set("content-type", "application/xml")
        return S3Answer(
            error.status, headers: headers,
            body: .bytes(ErrorDocument.bytes(error, resource: request.rawPath, requestID: request.id)))
    }
}
