internal import Strongroom
internal import StrongroomSignature

/// A refusal of the token service in STS's words (AWS STS API Reference, "Common errors" and those of each operation).
struct TokenServiceRefusal: Error, Sendable {
    /// The HTTP status.
    var status: Int
    /// What clients compare, such as `AccessDenied`.
    var code: String
    /// What is wrong and what to do. Never holds a secret.
    var message: String
    /// What went wrong here and is no business of the client's; for the log alone.
    var cause: (any Error)?

    init(_ status: Int, _ code: String, _ message: String, cause: (any Error)? = nil) {
        (self.status, self.code, self.message, self.cause) = (status, code, message, cause)
    }

    static func accessDenied(_ message: String) -> TokenServiceRefusal { .init(403, "AccessDenied", message) }

    static func validation(_ message: String) -> TokenServiceRefusal { .init(400, "ValidationError", message) }

    static let throttled = TokenServiceRefusal(
        400, "Throttling", "There are more requests than this server answers to one requester; slow down.")

    static func internalFailure(_ cause: any Error) -> TokenServiceRefusal {
        .init(500, "InternalFailure", "The token service failed; try again.", cause: cause)
    }
}

extension TokenServiceRefusal {
    /// What a client is told of a signature that is refused.
    init(_ error: SignatureError) {
        switch error.code {
        case .unknownKey, .invalidToken:
            self.init(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        case .expiredToken:
            self.init(403, "ExpiredToken", "The security token included in the request is expired")
        case .mismatch, .skewed, .expired, .invalidPayloadMode:
            self.init(403, "SignatureDoesNotMatch", error.message)
        case .invalidURI: self.init(400, "MalformedQueryString", error.message)
        case .malformedBody: self = .validation(error.message)
        case .internalFailure: self = .internalFailure(error)
        default: self.init(400, "IncompleteSignature", error.message)
        }
    }

    /// What a client is told of a failure of the store.
    init(_ error: StoreError) {
        switch error.code {
        case .storeLocked, .closed:
            self.init(503, "ServiceUnavailable", "The server cannot give out credentials now; try later.", cause: error)
        default: self = .internalFailure(error)
        }
    }
}
