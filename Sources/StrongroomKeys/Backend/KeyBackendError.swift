/// Why a key backend did not do what it was asked, and what to do about it.
public struct KeyBackendError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is. More may come: compare with the static members, never switch exhaustively.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String

        private init(_ name: String) { self.name = name }

        /// The code's name, as the command line prints it.
        public var description: String { name }

        /// No key has that id or alias, or it has been destroyed.
        public static let keyNotFound = Code("keyNotFound")
        /// The key exists and an administrator has disabled it.
        public static let keyDisabled = Code("keyDisabled")
        /// The key's state (pending deletion or import) forbids the operation.
        public static let invalidKeyState = Code("invalidKeyState")
        /// Objects that nobody may delete yet would be lost with the key. Nothing was done.
        public static let keyInUse = Code("keyInUse")
        /// The wrapped key is damaged or foreign, or its encryption context differs.
        public static let invalidCiphertext = Code("invalidCiphertext")
        /// The data key was wrapped by another key than the expected one.
        public static let incorrectKey = Code("incorrectKey")
        /// The caller may not use the key this way.
        public static let accessDenied = Code("accessDenied")
        /// Too many requests: repeat later, with growing pauses.
        public static let throttled = Code("throttled")
        /// The backend or what stands behind it does not answer: repeat later.
        public static let unavailable = Code("unavailable")
        /// Not done before the request's deadline.
        public static let deadlineExceeded = Code("deadlineExceeded")
        /// Not done because the task was cancelled.
        public static let cancelled = Code("cancelled")
        /// The request or configuration is malformed: a mistake of the caller.
        public static let invalidRequest = Code("invalidRequest")
        /// The backend does not do that.
        public static let unsupported = Code("unsupported")
        /// The backend broke the contract: wrong key length, foreign key id, two answers to one question.
        public static let moduleFault = Code("moduleFault")
        /// Passphrase or root key is not this keyring's. Nothing is damaged.
        public static let wrongSecret = Code("wrongSecret")
        /// The keyring's files contradict themselves.
        public static let keyringDamaged = Code("keyringDamaged")
        /// The keyring or a file of it is not there.
        public static let keyringMissing = Code("keyringMissing")
        /// Asked to create a keyring where there is one.
        public static let keyringExists = Code("keyringExists")
        /// Others can read or replace a secret file or a module: owner, mode or links.
        public static let unsafePermissions = Code("unsafePermissions")
        /// The durable audit record could not be written, so nothing was released.
        public static let auditUnavailable = Code("auditUnavailable")
        /// A module's file is not what was trusted, or is no module. It was not loaded.
        public static let untrustedModule = Code("untrustedModule")
        /// A module speaks another version of the contract, or none.
        public static let incompatibleModule = Code("incompatibleModule")
        /// The instance has been closed.
        public static let closed = Code("closed")
    }

    /// What kind of failure it is.
    public var code: Code
    /// What went wrong and how it may be remedied. Never holds a secret.
    public var message: String
    /// The backend's own name for the failure, where it has one: KMS's, such as "InvalidAliasName".
    public var reason: String?
    /// What lies beneath, where there is something.
    public var underlying: (any Error)?

    /// An error of the given kind.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// Code, message and cause in one line.
    public var description: String {
        let cause = underlying.map { " (\($0))" } ?? ""
        return "\(code): \(message)\(cause)"
    }
}
