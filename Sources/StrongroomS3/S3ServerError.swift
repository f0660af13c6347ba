/// Why a server cannot be started, or has stopped.
public struct S3ServerError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// Its name.
        public let description: String

        private init(_ description: String) { self.description = description }

        /// An option has a value that it cannot have.
        public static let invalidOption = Code("invalidOption")
        /// Certificate or private key cannot be read, or are not each other's.
        public static let invalidCertificate = Code("invalidCertificate")
        /// The address is in use, or is not this machine's.
        public static let cannotListen = Code("cannotListen")
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong and what to do.
    public let message: String
    /// What caused it.
    public let underlyingError: (any Error)?

    init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        (self.code, self.message, self.underlyingError) = (code, message, underlying)
    }

    /// The code and the message, on one line.
    public var description: String { "\(code): \(message)" }
}
