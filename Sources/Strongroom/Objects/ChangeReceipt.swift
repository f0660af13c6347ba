/// What a call did that changes what is there and stores nothing new: tags, locks, what a bucket says, an upload
/// dropped.
public struct ChangeReceipt: Sendable, Hashable {
    /// Position of the change in the store's commit order; nil where all was as wanted already, and nothing was
    /// written.
    public var lsn: UInt64?
}
