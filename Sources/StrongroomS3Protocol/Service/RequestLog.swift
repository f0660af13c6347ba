internal import Logging

/// What the log says of a request: one line, once it is answered. No header and no parameter is in it.
struct RequestLog: Sendable {
    private let id: String
    private let method: String
    private let connection: ConnectionFacts
    var target: RequestTarget?
    var operation: S3Operation?
    /// An operation of the key service or of the token service: a name of its table, never the client's text.
    var serviceOperation: String?
    var user: String?
    var error: S3Error?
    /// Whether a rate has been asked about it; no line of the log says so.
    var isCounted = false

    /// Nil while nobody knows what is asked for.
    var operationName: String? { serviceOperation ?? operation?.rawValue }

    init(_ request: S3Request) { (id, method, connection) = (request.id, request.method, request.connection) }

    func write(_ answer: S3Answer, _ time: Duration, to logger: Logger) {
        let cause = answer.status >= 500 ? error?.cause : nil
        guard logger.logLevel <= (cause == nil ? .info : .error) else { return }
        var facts: Logger.Metadata = [
            "request": "\(id)", "operation": "\(operationName ?? LoggedName.escaped(method))",
            "status": "\(answer.status)",
            "milliseconds": "\(time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000)",
        ]
        facts["user"] = user.map { "\($0)" }
        facts["address"] = connection.sourceAddress.map { "\($0)" }
        facts["tls"] = connection.tlsVersion.map { "\($0)" }
        // Names may hold any character: quoted, they cannot forge a line of the log.
        facts["bucket"] = target?.bucket.map { "\(LoggedName.quoted($0))" }
        facts["key"] = target?.key.map { "\(LoggedName.quoted($0))" }
        facts["code"] = error.map { "\($0.code)" }
        guard let cause else { return logger.info("request", metadata: facts) }
        facts["cause"] = "\(LoggedName.escaped("\(cause)"))"
        logger.error("request failed", metadata: facts)
    }
}
