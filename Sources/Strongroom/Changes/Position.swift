internal import StrongroomKeys

/// A place in the order of a store's changes: behind one of them.
///
/// It is worth keeping: another process can go on from there (``Store/changes(after:through:)``). What it is behind
/// of never changes; a store that is restored from a backup gets another timeline, so that no position means two
/// things.
public struct Position: Hashable, Sendable, CustomStringConvertible {
    let storeID: [UInt8]
    let timeline: UInt32
    /// The commit that it is behind of, or in.
    public let lsn: UInt64
    /// Of the change in its commit, from 0; `wholeCommit` where the position is behind all of them.
    let index: UInt32

    static let wholeCommit = UInt32.max

    init(storeID: [UInt8], timeline: UInt32, lsn: UInt64, index: UInt32 = wholeCommit) {
        assert(storeID.count == 16)
        self.storeID = storeID
        self.timeline = timeline
        self.lsn = lsn
        self.index = index
    }

    /// Reads what ``description`` wrote.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument``.
    public init(_ text: String) throws(StoreError) {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 4, let storeID = Hexadecimal.decode(fields[0]), storeID.count == 16,
            let timeline = UInt32(fields[1]), let lsn = UInt64(fields[2]), let index = UInt32(fields[3])
        else { throw Self.malformed(text) }
        self.init(storeID: storeID, timeline: timeline, lsn: lsn, index: index)
        guard description == text else { throw Self.malformed(text) }
    }

    private static func malformed(_ text: String) -> StoreError {
        StoreError(.invalidArgument, "\(text.prefix(100).debugDescription) is no position in a store's changes.")
    }

    /// Store id, timeline, commit and index, with dots between them.
    public var description: String { "\(Hexadecimal.encode(storeID)).\(timeline).\(lsn).\(index)" }

    /// Every change up to here is before the commit after this one.
    var lsnBefore: UInt64 { index == Self.wholeCommit ? lsn : lsn - min(lsn, 1) }

    /// In one store and timeline.
    func precedes(_ other: Position) -> Bool { (lsn, index) < (other.lsn, other.index) }
}
