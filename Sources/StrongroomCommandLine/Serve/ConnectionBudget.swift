#if CommandLineTool && HTTPServer
internal import CStrongroomShims
internal import StrongroomS3

/// How many connections a server may have, so that those who only open connections do not take the descriptors that the
/// store needs for its own files.
struct ConnectionBudget: Equatable {
    /// What is kept for the store, for copies, for files that are being read, and for the operations endpoint, which
    /// has 64 connections of its own (``S3Server``).
    static let reservedDescriptors: UInt64 = 1_024

    /// Connections of each endpoint of S3.
    let connectionCount: Int

    /// - Parameters:
    ///   - wanted: what the user asks for; nil for as many as there is room for, up to the default.
    ///   - descriptorLimit: how many descriptors the process may have.
    /// - Throws: ``CommandFailure`` where there is no room for what is wanted, or for hardly any.
    init(wanted: Int?, endpointCount: Int, descriptorLimit: UInt64) throws(CommandFailure) {
        let room = (descriptorLimit - min(descriptorLimit, Self.reservedDescriptors)) / UInt64(endpointCount)
        let count = wanted ?? Int(min(room, UInt64(S3ServerLimits().connectionCount)))
        guard count > 0, UInt64(count) <= room else {
            // No system has room for more, and the sum stays a number.
            let asked = min(max(wanted ?? 1, 1), Int(Int32.max))
            let needed = Self.reservedDescriptors + UInt64(endpointCount) * UInt64(asked)
            throw CommandFailure(
                .descriptorLimit,
                "This process may open \(descriptorLimit) files, which leaves no room for so many connections; allow "
                    + "\(needed) (ulimit -Hn), or give a smaller --connections.")
        }
        connectionCount = count
    }

    /// Raises the process's limit as far as it may be.
    static func raisedDescriptorLimit() -> UInt64 { strongroom_raise_descriptor_limit() }
}
#endif
