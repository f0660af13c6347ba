/// Why the audit trail could not be written or read, and what to do about it.
package struct AuditError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is. Extensible: compare with the static members, never switch exhaustively.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        private init(_ name: String) { description = name }

        /// The record could not be made durable; what it is about must not be released.
        package static let unavailable = Code("unavailable")
        /// What stands in the trail contradicts itself or what was signed.
        package static let damaged = Code("damaged")
        /// Somebody else writes this trail.
        package static let locked = Code("locked")
        /// The trail has been closed.
        package static let closed = Code("closed")
        /// There is no trail, or no such record in it.
        package static let notFound = Code("notFound")
        /// What was given is no proof, checkpoint or key.
        package static let malformed = Code("malformed")
    }

    /// What kind of failure it is.
    package var code: Code
    /// What went wrong and how it may be remedied. Never holds a secret.
    package var message: String
    /// What lies beneath, where there is something.
    package var underlying: (any Error)?

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// Code, message and cause in one line.
    package var description: String {
        let cause = underlying.map { " (\($0))" } ?? ""
        return "\(code): \(message)\(cause)"
    }
}
