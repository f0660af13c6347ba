/// Puts, copies and deletes that are done together or not at all.
///
/// ```swift
/// try await store.batch { batch in
///     batch.put("index.json", index, in: photos.name, options: PutOptions(condition: .matches(oldETag)))
///     batch.delete("2025/old.jpg", in: photos.name)
/// }
/// ```
public struct Batch: Sendable {
    enum Operation: Sendable {
        case put(BucketName, ObjectKey, [UInt8], PutOptions)
        case copy(BucketName, ObjectKey, from: BucketName, ObjectKey, CopyOptions)
        case delete(BucketName, ObjectKey, WriteCondition?)

        var target: (bucket: BucketName, key: ObjectKey) {
            switch self {
            case .put(let bucket, let key, _, _), .copy(let bucket, let key, _, _, _), .delete(let bucket, let key, _):
                (bucket, key)
            }
        }
    }

    /// The most operations in one batch.
    public static let countMaximum = 1_000

    var operations: [Operation] = []

    /// Stores `bytes` under `key`.
    public mutating func put(
        _ key: ObjectKey, _ bytes: [UInt8], in bucket: BucketName, options: PutOptions = PutOptions()
    ) {
        operations.append(.put(bucket, key, bytes, options))
    }

    /// Copies an object as it is before the batch.
    public mutating func copy(
        _ source: ObjectKey, from sourceBucket: BucketName, to key: ObjectKey, in bucket: BucketName,
        options: CopyOptions = CopyOptions()
    ) {
        operations.append(.copy(bucket, key, from: sourceBucket, source, options))
    }

    /// Deletes the object under `key`; no error where there is none.
    public mutating func delete(_ key: ObjectKey, in bucket: BucketName, if condition: WriteCondition? = nil) {
        operations.append(.delete(bucket, key, condition))
    }
}

/// What a batch did.
public struct BatchReceipt: Sendable, Hashable {
    /// What one operation of a batch did.
    public enum Result: Sendable, Hashable {
        /// A put or a copy.
        case put(PutReceipt)
        /// A delete.
        case delete(DeleteReceipt)
    }

    /// One for each operation, in their order.
    public var results: [Result]
    /// Position of the batch in the store's commit order; nil where there was nothing to do.
    public var lsn: UInt64?
}

extension Store {
    /// Does everything that `body` records, or nothing of it: in one commit, over any number of buckets.
    ///
    /// Bodies are whole in memory; what of them is larger than `smallObjectLimitBytes` goes into files of its own
    /// before the commit. Readers see all of the batch or nothing.
    ///
    /// - Parameter body: records operations, each on another key. It is run once, and nothing has happened when it
    ///   returns.
    /// - Throws: what the first operation to fail would have thrown by itself; ``StoreError/Code/invalidArgument``
    ///   where two operations concern one key, and ``StoreError/Code/limitExceeded`` where there are more than
    ///   ``Batch/countMaximum``, or where their small objects together are more than one commit holds.
    @discardableResult
    public func batch(_ body: (inout Batch) -> Void) async throws(StoreError) -> BatchReceipt {
        var batch = Batch()
        body(&batch)
        let operation = BatchOperation(engine: engine, requester: requester, operations: batch.operations)
        let receipt = try await engine.observing(.batch, nil) { () async throws(StoreError) in
            try await operation.run()
        }
        for case .put(let put) in receipt.results { engine.metrics.noteStored(put.sizeBytes) }
        return receipt
    }
}
