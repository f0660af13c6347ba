/// Why the key service did not do what it was asked, and what to do about it.
public struct KeyServiceError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is: the names of KMS's exceptions, without "Exception". More may come: compare with
    /// the static members, never switch exhaustively.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// KMS's name, such as "NotFound"; on the wire "Exception" follows.
        public let description: String

        private init(_ name: String) { description = name }

        /// No key or alias has that name here.
        public static let notFound = Code("NotFound")
        /// The key is disabled.
        public static let disabled = Code("Disabled")
        /// Objects that nobody may delete yet would be lost with the key. KMS knows no such failure.
        public static let keyInUse = Code("KeyInUse")
        /// The key's state forbids the operation.
        public static let invalidState = Code("KMSInvalidState")
        /// The sealed data key is damaged or foreign, or its encryption context differs.
        public static let invalidCiphertext = Code("InvalidCiphertext")
        /// The data key was sealed under another key than the expected one.
        public static let incorrectKey = Code("IncorrectKey")
        /// There is an alias of that name.
        public static let alreadyExists = Code("AlreadyExists")
        /// The alias's name breaks the rules, or is reserved.
        public static let invalidAliasName = Code("InvalidAliasName")
        /// What is called an ARN is none of a key or alias.
        public static let invalidArn = Code("InvalidArn")
        /// A list cannot go on from there.
        public static let invalidMarker = Code("InvalidMarker")
        /// One more would be too many.
        public static let limitExceeded = Code("LimitExceeded")
        /// The caller may not do that with the key.
        public static let accessDenied = Code("AccessDenied")
        /// What is given as a key policy is none, or would lock its giver out.
        public static let malformedPolicyDocument = Code("MalformedPolicyDocument")
        /// The operation is not for a key of this origin, or not for a replica.
        public static let unsupportedOperation = Code("UnsupportedOperation")
        /// A tag breaks the rules, or is one too many.
        public static let tag = Code("Tag")
        /// Nothing failed, but it was only tried: ``KeyService/encrypt(_:keyID:encryptionContext:dryRun:as:)`` and the
        /// like.
        public static let dryRunOperation = Code("DryRunOperation")
        /// A grant token is of no grant that is in force.
        public static let invalidGrantToken = Code("InvalidGrantToken")
        /// What is called a grant's id is none, or is not of that key.
        public static let invalidGrantID = Code("InvalidGrantId")
        /// The import token is not of this key, or not of the service as it is open now.
        public static let invalidImportToken = Code("InvalidImportToken")
        /// The import token is too old.
        public static let expiredImportToken = Code("ExpiredImportToken")
        /// Material is not what the import says it is: not the same as before, or not new.
        public static let incorrectKeyMaterial = Code("IncorrectKeyMaterial")
        /// A replica has not received the material yet that its primary has; it does once both are open.
        public static let keyUnavailable = Code("KeyUnavailable")
        /// A request quota is used up; the message says when to come again. See ``KeyQuotas``.
        public static let throttling = Code("Throttling")
        /// An argument is out of its range.
        public static let validation = Code("Validation")
        /// The service itself failed, or has been closed; `underlying` has the cause where there is one.
        public static let internalFailure = Code("KMSInternal")
    }

    /// What kind of failure it is.
    public var code: Code
    /// What went wrong, and how it may be remedied. Never holds a secret. Where KMS has a sentence for it, that comes
    /// first, word for word: clients and their tests know it.
    public var message: String
    /// What lies beneath, where there is something.
    public var underlying: (any Error)?

    /// An error of the given kind.
    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// A number out of its range, in KMS's grammar.
    ///
    /// - Parameters:
    ///   - name: the argument's, as it is on the wire.
    ///   - measure: what of it is out of range: its `value`, or its `length`.
    static func outOfRange(
        _ name: String, _ value: Int, _ range: ClosedRange<Int>, measure: String = "value"
    ) -> KeyServiceError {
        let bound =
            value < range.lowerBound
            ? "greater than or equal to \(range.lowerBound)" : "less than or equal to \(range.upperBound)"
        return KeyServiceError(
            .validation,
            "1 validation error detected: Value '\(value)' at '\(name)' failed to satisfy constraint: Member must have "
                + "\(measure) \(bound)")
    }

    /// Code, message and cause in one line.
    public var description: String {
        let cause = underlying.map { " (\($0))" } ?? ""
        return "\(code): \(message)\(cause)"
    }
}
