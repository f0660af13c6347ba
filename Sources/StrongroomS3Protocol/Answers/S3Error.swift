/// A refusal in S3's words: status, code and message of the answer (Amazon S3 API Reference, "Error responses").
package struct S3Error: Error, Sendable {
    /// The HTTP status.
    var status: Int
    /// What clients compare, such as `NoSuchKey`.
    var code: String
    /// What is wrong and what to do. Never holds a secret.
    var message: String
    /// Further elements of the error document, in order.
    var details: [Detail]
    /// Headers of the answer beside those of every answer.
    var headers: [(name: String, value: String)]
    /// What went wrong here and is no business of the client's; for the log alone.
    var cause: (any Error)?

    /// An element of the error document.
    struct Detail: Sendable, Equatable {
        var name: String
        var value: String
    }

    init(
        _ status: Int, _ code: String, _ message: String, details: [Detail] = [],
        headers: [(name: String, value: String)] = [], cause: (any Error)? = nil
    ) {
        (self.status, self.code, self.message) = (status, code, message)
        (self.details, self.headers, self.cause) = (details, headers, cause)
    }
}

extension S3Error {
    static func accessDenied(_ message: String = "Access Denied") -> S3Error {
        S3Error(403, "AccessDenied", message)
    }

    static func invalidArgument(_ message: String, name: String? = nil, value: String? = nil) -> S3Error {
        var details: [Detail] = []
        if let name { details.append(Detail(name: "ArgumentName", value: name)) }
        if let value { details.append(Detail(name: "ArgumentValue", value: value)) }
        return S3Error(400, "InvalidArgument", message, details: details)
    }

    static func invalidRequest(_ message: String) -> S3Error { S3Error(400, "InvalidRequest", message) }

    static func malformedXML(_ reason: String = "") -> S3Error {
        let message = "The XML you provided was not well-formed or did not validate against our published schema"
        return S3Error(400, "MalformedXML", reason.isEmpty ? message : "\(message): \(reason)")
    }

    static func notImplemented(_ what: String) -> S3Error {
        S3Error(
            501, "NotImplemented", "A header you provided implies functionality that is not implemented: \(what).",
            details: [Detail(name: "Header", value: what)])
    }

    static let methodNotAllowed = S3Error(
        405, "MethodNotAllowed", "The specified method is not allowed against this resource.")

    static let incompleteBody = S3Error(
        400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")

    package static let requestTimeout = S3Error(
        400, "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout period.")

    static let slowDown = S3Error(503, "SlowDown", "Please reduce your request rate.")

    static func internalError(_ cause: any Error) -> S3Error {
        S3Error(500, "InternalError", "We encountered an internal error. Please try again.", cause: cause)
    }
}
