/// Why a request's signature is refused. Never holds a secret, nor the signature that would have been right.
package struct SignatureError: Error, Sendable, CustomStringConvertible {
    /// The kind of refusal.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        private init(_ description: String) { self.description = description }

        /// The header `Authorization` cannot be read, or names another region or service.
        package static let malformedHeader = Code("malformedHeader")
        /// Parameters of a presigned URL are missing, come twice or cannot be read.
        package static let malformedQuery = Code("malformedQuery")
        /// Credentials stand in the header and in the query, or in two headers.
        package static let ambiguous = Code("ambiguous")
        /// The request is signed in a way that is not known here, such as Signature Version 2.
        package static let unsupported = Code("unsupported")
        /// The path or the query is no percent-encoded UTF-8.
        package static let invalidURI = Code("invalidURI")
        /// A header that must be signed is not, or no header says when the request was signed.
        package static let unsignedHeader = Code("unsignedHeader")
        /// A header without which nothing can be checked is not there.
        package static let missingHeader = Code("missingHeader")
        /// Signed too long ago, or in the future.
        package static let skewed = Code("skewed")
        /// A presigned URL whose time is over.
        package static let expired = Code("expired")
        /// The signature is another one.
        package static let mismatch = Code("mismatch")
        /// There is no such access key, or it is not active.
        package static let unknownKey = Code("unknownKey")
        /// The token of temporary credentials is none of this store's, or goes with another access key.
        package static let invalidToken = Code("invalidToken")
        /// Temporary credentials whose time is over.
        package static let expiredToken = Code("expiredToken")
        /// What the request says of its payload is none of what is known, or says two things.
        package static let invalidPayloadMode = Code("invalidPayloadMode")
        /// A chunked body is not what it should be.
        package static let malformedBody = Code("malformedBody")
        /// A chunked body ends before its end.
        package static let incompleteBody = Code("incompleteBody")
        /// Memory for secrets or the cryptographic library failed.
        package static let internalFailure = Code("internalFailure")
    }

    package let code: Code
    /// What is wrong, in the words of S3 where it has some.
    package let message: String
    package let underlyingError: (any Error)?

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        (self.code, self.message, self.underlyingError) = (code, message, underlying)
    }

    package var description: String { "\(code): \(message)" }
}
