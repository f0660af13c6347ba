package import StrongroomSystem

/// A durable ordered map from keys (1–2,304 bytes, any content) to values, with snapshot reads and
/// atomic durable batches. LMDB in the product; a model in simulations.
package protocol OrderedIndex: AnyObject, Sendable {
    /// Runs `body` with a consistent snapshot, on the calling thread. Not inside another `read` or `write`.
    func read<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value

    /// As `read`, but nil, with `body` not run, where that had to wait until other reads are out: for threads that
    /// must not wait. Some reads take minutes.
    func readUnlessPaused<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value?

    /// Runs `body` in one write transaction, which is durable on return or, after any error but
    /// `inputOutput` and `durabilityUnknown`, has changed nothing. Whatever `body` throws undoes it.
    ///
    /// `body` may run on another thread while this one waits, and again from the start when the map had
    /// to grow: it changes nothing but the transaction. Blocks; not inside a `read` or another `write`.
    func write(_ body: (any OrderedIndexTransaction) throws(StorageError) -> Void) throws(StorageError)

    /// What is wrong with the file below the rows, which no walk over rows meets; nil where nothing is. Blocks.
    func pageFault() throws(StorageError) -> StorageError?

    /// Waits for reads and writes in hand; later ones throw `closed`. Closing twice is no error.
    func close()
}

extension OrderedIndex {
    /// For an index whose reads never wait.
    package func readUnlessPaused<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value? {
        try read(body)
    }

    /// For an index that has no file.
    package func pageFault() throws(StorageError) -> StorageError? { nil }
}

/// A read fails either below (`index`) or in the caller's closure (`body`).
package enum OrderedIndexReadError<Failure: Error>: Error {
    case index(StorageError)
    case body(Failure)
}

/// Valid only inside the closure that received it.
package protocol OrderedIndexSnapshot {
    func value(_ key: [UInt8]) throws(StorageError) -> [UInt8]?
    /// A cursor for merging: visits keys in byte order, one `next` at a time. In a transaction it sees
    /// what that has written so far.
    func cursor() throws(StorageError) -> any OrderedIndexCursor
}

package protocol OrderedIndexCursor: AnyObject {
    /// The first entry whose key is not less than `key`, which may be empty or longer than any key.
    func seek(_ key: [UInt8]) throws(StorageError) -> (key: [UInt8], value: [UInt8])?
    /// The entry after the one last returned; nil once the end was reached. Traps before the first `seek`.
    func next() throws(StorageError) -> (key: [UInt8], value: [UInt8])?
}

package protocol OrderedIndexTransaction: OrderedIndexSnapshot {
    func put(_ key: [UInt8], _ value: [UInt8]) throws(StorageError)
    /// Deleting what is not there is no error.
    func delete(_ key: [UInt8]) throws(StorageError)
}
