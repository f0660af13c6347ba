/// One thing that is wrong with a log.
package struct AuditFinding: Sendable, Equatable, CustomStringConvertible {
    /// What is wrong. Extensible: compare with the static members, never switch exhaustively.
    package struct Kind: Hashable, Sendable, CustomStringConvertible {
        package let description: String

        private init(_ name: String) { description = name }

        /// A record is not the one that was signed, or cannot be read.
        package static let altered = Kind("altered")
        /// Records that were signed are not there.
        package static let missing = Kind("missing")
        /// There are records that were never signed, between those that were.
        package static let inserted = Kind("inserted")
        /// The records that were signed stand in another order.
        package static let reordered = Kind("reordered")
        /// The log ends before what was signed: its tail was cut, or an older copy was put in its place.
        package static let tailMissing = Kind("tailMissing")
        /// The anchor is older than the log.
        package static let anchorBehind = Kind("anchorBehind")
        /// The log is not the one, or no longer the one, of which the anchor is the checkpoint.
        package static let rewritten = Kind("rewritten")
        /// A checkpoint is damaged, or nobody who has the key has signed it.
        package static let checkpointInvalid = Kind("checkpointInvalid")
        /// Bytes between records that are no part of the log.
        package static let unreadable = Kind("unreadable")
        /// A segment's header is damaged, or of another log.
        package static let headerInvalid = Kind("headerInvalid")
    }

    package var kind: Kind
    /// Which records, counted from 0, as they were signed; for what was inserted, where it stands. May be empty.
    package var records: Range<UInt64>
    /// What was found, in a sentence.
    package var message: String

    package var description: String { "\(kind): \(message)" }
}
