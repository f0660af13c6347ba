internal import Strongroom
internal import StrongroomKeys
internal import StrongroomSignature

/// A refusal of the key service in KMS's words (AWS KMS API Reference, "Common errors" and those of each operation).
struct KeyServiceRefusal: Error, Sendable {
    /// The HTTP status.
    var status: Int
    /// What clients compare, such as `NotFoundException`.
    var type: String
    /// What is wrong and what to do. Never holds a secret.
    var message: String
    /// What went wrong here and is no business of the client's; for the log alone.
    var cause: (any Error)?

    init(_ type: String, _ message: String, status: Int = 400, cause: (any Error)? = nil) {
        (self.status, self.type, self.message, self.cause) = (status, type, message, cause)
    }

    static func validation(_ message: String) -> KeyServiceRefusal { KeyServiceRefusal("ValidationException", message) }

    /// What is no JSON, or has a member of another kind than it should have.
    static func serialization(_ message: String) -> KeyServiceRefusal {
        KeyServiceRefusal("SerializationException", message)
    }

    static func unsupported(_ message: String) -> KeyServiceRefusal {
        KeyServiceRefusal("UnsupportedOperationException", message)
    }

    /// Of the server's own rates; the key service has others.
    static let throttled = KeyServiceRefusal(
        "ThrottlingException", "There are more requests than this server answers to one requester; slow down.")

    static func internalFailure(_ cause: any Error) -> KeyServiceRefusal {
        KeyServiceRefusal(
            "KMSInternalException", "The key service failed; try again.", status: 500, cause: cause)
    }
}

extension KeyServiceRefusal {
    /// What a client is told of a signature that is refused.
    init(_ error: SignatureError) {
        switch error.code {
        case .expiredToken:
            self.init("ExpiredTokenException", "The security token included in the request is expired")
        case .unknownKey, .unsupported, .invalidToken:
            self.init("UnrecognizedClientException", "The security token included in the request is invalid.")
        case .mismatch, .skewed, .expired, .invalidPayloadMode: self.init("InvalidSignatureException", error.message)
        case .internalFailure: self = .internalFailure(error)
        default: self.init("IncompleteSignatureException", error.message)
        }
    }

    /// What a client is told of a failure of the store or of its key service.
    init(_ error: StoreError) {
        if let failure = error.underlyingError as? KeyBackendError {
            self.init(failure)
        } else if error.code == .keyServiceMissing {
            self = .unsupported("This server's store was opened without a key service; there are no keys to ask for.")
        } else {
            self = .internalFailure(error)
        }
    }

    private init(_ failure: KeyBackendError) {
        // What the backend says of itself, such as of its disk, is no business of the client's.
        if failure.reason == Self.internalReason {
            self = .internalFailure(failure)
        } else if let reason = failure.reason, let known = Self.reasons[reason] {
            self.init(known.type ?? reason + "Exception", failure.message, status: known.status, cause: failure)
        } else if let type = Self.types[failure.code] {
            self.init(type, failure.message, cause: failure)
        } else if failure.code == .deadlineExceeded || failure.code == .unavailable {
            self.init(
                "DependencyTimeoutException", "The key service did not answer in time; try again.", status: 503,
                cause: failure)
        } else {
            self = .internalFailure(failure)
        }
    }

    private static let internalReason = "KMSInternal"

    /// A nil type is the reason itself and "Exception".
    private typealias Known = (status: Int, type: String?)

    private static let reasons: [String: Known] = {
        let names = [
            "NotFound", "Disabled", "KMSInvalidState", "InvalidCiphertext", "IncorrectKey", "AlreadyExists",
            "InvalidAliasName", "InvalidArn", "InvalidMarker", "LimitExceeded", "AccessDenied",
            "MalformedPolicyDocument", "UnsupportedOperation", "Tag", "DryRunOperation", "InvalidGrantToken",
            "InvalidGrantId", "InvalidImportToken", "ExpiredImportToken", "IncorrectKeyMaterial", "Throttling",
            "Validation",
        ]
        var table = Dictionary(uniqueKeysWithValues: names.map { ($0, Known(400, nil)) })
        // KMS knows no keys that are kept for what is under them.
        table["KeyInUse"] = (400, "KMSInvalidStateException")
        table["KeyUnavailable"] = (500, nil)
        return table
    }()

    /// Of backends that give no reasons.
    private static let types: [KeyBackendError.Code: String] = [
        .keyNotFound: "NotFoundException", .keyDisabled: "DisabledException",
        .invalidKeyState: "KMSInvalidStateException", .keyInUse: "KMSInvalidStateException",
        .invalidCiphertext: "InvalidCiphertextException", .incorrectKey: "IncorrectKeyException",
        .accessDenied: "AccessDeniedException", .throttled: "ThrottlingException",
        .unsupported: "UnsupportedOperationException", .invalidRequest: "ValidationException",
    ]
}
