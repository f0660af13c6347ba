package import StrongroomSystem

/// A row together with the promise that its payload stays where `row.payload` says for as long as
/// this object lives: no segment is recycled and no blob file unlinked under it.
///
/// Hold it only to copy a small payload out or to open a blob; a slow consumer that kept one would
/// keep the store from freeing space.
package protocol PinnedRow: AnyObject, Sendable {
    var row: StoredRow { get }

    /// The last commit of the snapshot that the row was read from.
    var lsn: UInt64 { get }

    /// A copy of the payload, wherever it lies. Traps for a payload in a blob: open that instead.
    func payloadBytes() async throws(StorageError) -> [UInt8]
}
