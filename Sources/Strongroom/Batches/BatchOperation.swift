internal import StrongroomKeys
internal import StrongroomStorage

/// One batch: each operation is prepared as it would be by itself, and all are committed as one.
struct BatchOperation: Sendable {
    let engine: Engine
    let requester: Requester
    let operations: [Batch.Operation]

    /// An operation that is ready for its commit.
    private enum Prepared {
        case put(PreparedPut)
        case delete(DeleteOperation.Prepared)

        var write: RowWrite {
            switch self {
            case .put(let put): put.write
            case .delete(let delete): delete.write
            }
        }
    }

    func run() async throws(StoreError) -> BatchReceipt {
        _ = try engine.unlockedKeys()
        try check()
        // Bodies are at hand, so a batch whose plans went stale is simply prepared anew.
        while true {
            let prepared = try await prepareAll()
            let outcome: CommitOutcome<RowWrite.Refusal>
            do throws(StoreError) {
                outcome = try await engine.commit(prepared.map(\.write))
            } catch {
                await discard(prepared, error)
                throw error
            }
            switch outcome {
            case .committed(let receipt):
                for case .put(let put) in prepared { put.blob?.leave() }
                return BatchReceipt(results: prepared.map { Self.result($0, receipt) }, lsn: receipt.lsn)
            case .refused(let refusal):
                await discard(prepared, nil)
                if let receipt = try await settle(refusal) { return receipt }
            }
        }
    }

    private func check() throws(StoreError) {
        guard operations.count <= Batch.countMaximum else {
            throw StoreError(
                .limitExceeded, "A batch has at most \(Batch.countMaximum) operations, not \(operations.count).")
        }
        var targets: Set<[UInt8]> = []
        for operation in operations {
            let (bucket, key) = operation.target
            if case .put(_, _, _, let options) = operation { try options.check() }
            guard targets.insert(Array("\(bucket)/".utf8) + Array(key.rawValue.utf8)).inserted else {
                throw StoreError(
                    .invalidArgument, "Two operations of the batch concern one key; keep the one that is meant.",
                    bucket: bucket, key: key)
            }
        }
    }

    /// Returns a receipt where there is nothing to do; nil to try again.
    private func settle(_ refusal: RowWrite.Refusal) async throws(StoreError) -> BatchReceipt? {
        switch refusal {
        case .stalePlan:
            for bucket in Set(operations.map(\.target.bucket)) { try await engine.refreshBucket(bucket) }
            return nil
        case .staleRows: return nil
        case .nothingToDo:
            let nothing = DeleteReceipt(existed: false, versionID: nil, isDeleteMarker: false, lsn: nil)
            return BatchReceipt(results: operations.map { _ in .delete(nothing) }, lsn: nil)
        case .failed(let error): throw error
        }
    }

    private func prepareAll() async throws(StoreError) -> [Prepared] {
        var prepared: [Prepared] = []
        do throws(StoreError) {
            for operation in operations { prepared.append(try await prepare(operation)) }
            return prepared
        } catch {
            await discard(prepared, nil)
            throw error
        }
    }

    private func prepare(_ operation: Batch.Operation) async throws(StoreError) -> Prepared {
        switch operation {
        case .put(let bucket, let key, let bytes, let options):
            let put = PutOperation(engine: engine, requester: requester, bucket: bucket, key: key, options: options)
            return .put(try await put.prepare(SingleSlice(bytes: bytes[...]), lengthBytes: UInt64(bytes.count)))
        case .copy(let bucket, let key, let sourceBucket, let source, let options):
            let found = try await engine.source(source, in: sourceBucket, options, as: requester)
            try found.options.check()
            let put = PutOperation(
                engine: engine, requester: requester, bucket: bucket, key: key, options: found.options)
            let prepared = try await put.prepare(CopyBody(body: found.body), lengthBytes: found.body.lengthBytes)
            // Held at the commit: what is written to the source meanwhile must not be lost by a move.
            return .put(prepared.holding(found.rowKey, as: found.value))
        case .delete(let bucket, let key, let condition):
            let delete = DeleteOperation(engine: engine, bucket: bucket, key: key)
            return .delete(try await delete.prepare(if: condition))
        }
    }

    /// Removes files that no row names. Not those of a commit whose outcome is unknown: the sweep at the next
    /// opening decides.
    private func discard(_ prepared: [Prepared], _ error: StoreError?) async {
        for case .put(let put) in prepared {
            if error?.code == .durabilityUnknown { put.blob?.leave() } else { await put.blob?.abort() }
        }
    }

    private static func result(_ prepared: Prepared, _ receipt: CommitReceipt) -> BatchReceipt.Result {
        switch prepared {
        case .put(let put): .put(put.draft.receipt(receipt))
        case .delete(let delete): .delete(delete.receipt(receipt))
        }
    }
}
