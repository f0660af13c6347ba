package import StrongroomSystem

/// A durable ordered map from keys (1–2,048 bytes, any content) to values, with snapshot reads and
/// atomic durable batches. LMDB in the product; a model in simulations.
package protocol OrderedIndex: AnyObject, Sendable {
    /// Runs `body` with a consistent snapshot, on the calling thread.
    func read<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value

    /// Runs `body` in one write transaction, which is durable on return or has changed nothing.
    /// Called from one thread at a time; blocks.
    func write(_ body: (any OrderedIndexTransaction) throws(StorageError) -> Void) throws(StorageError)

    func close()
}

package enum OrderedIndexReadError<Failure: Error>: Error {
    case index(StorageError)
    case body(Failure)
}

/// Valid only inside the closure that received it.
package protocol OrderedIndexSnapshot {
    func value(_ key: [UInt8]) throws(StorageError) -> [UInt8]?
    /// A cursor for merging: visits `lowerBound <= key < upperBound` in byte order, one `next` at a time.
    func cursor() throws(StorageError) -> any OrderedIndexCursor
}

package protocol OrderedIndexCursor: AnyObject {
    /// The first entry whose key is not less than `key`.
    func seek(_ key: [UInt8]) throws(StorageError) -> (key: [UInt8], value: [UInt8])?
    /// The entry after the one last returned.
    func next() throws(StorageError) -> (key: [UInt8], value: [UInt8])?
}

package protocol OrderedIndexTransaction: OrderedIndexSnapshot {
    func put(_ key: [UInt8], _ value: [UInt8]) throws(StorageError)
    /// Deleting what is not there is no error.
    func delete(_ key: [UInt8]) throws(StorageError)
}
