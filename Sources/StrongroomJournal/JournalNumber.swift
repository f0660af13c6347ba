/// LSNs and the numbers of segments count up from 1, a commit or a file at a time.
package enum JournalNumber {
    /// No count comes so far. What is on the disk has no more than a CRC: a greater number was put there by somebody,
    /// and would overflow where one is added to it.
    package static let greatest: UInt64 = .max >> 1

    /// The last LSN, or number of a file, after which a journal goes on: far enough from `greatest` for whatever it is
    /// given yet.
    package static let greatestEnd: UInt64 = .max >> 2
}
