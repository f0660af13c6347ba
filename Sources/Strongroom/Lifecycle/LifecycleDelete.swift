internal import StrongroomStorage

/// One thing that rules have come to, as it was when it was looked at.
struct LifecycleDelete: Sendable {
    enum Subject: Sendable {
        /// The newest version of a key, an object.
        case object
        /// A version that is not the newest, or a delete marker that hides nothing.
        case version(pointerKey: [UInt8]?)
        case upload(UploadID)
    }

    enum Outcome: Sendable {
        case expired, hidden, removedVersion, removedMarker, abortedUpload, locked, changed
        case failed(String)
    }

    let bucket: BucketName
    let key: ObjectKey
    let subject: Subject
    /// Its row.
    let rowKey: [UInt8]
    let value: [UInt8]
    /// The row of the rules that decided so.
    let rulesRowKey: [UInt8]
    let rulesValue: [UInt8]

    var place: String { "\(bucket)/\(key.rawValue)".debugDescription }

    /// Deletes it as a user would, unless it or the rules have changed since.
    ///
    /// - Throws: what ends the run, or concerns the bucket.
    func run(in engine: Engine) async throws(StoreError) -> Outcome {
        do throws(StoreError) {
            switch subject {
            case .object: return try await expire(in: engine)
            case .version(let pointerKey): return try await remove(pointerKey, in: engine)
            case .upload(let upload):
                let operation = UploadOperation(
                    engine: engine, requester: .root, bucket: bucket, key: key, upload: upload)
                return try await operation.abort(holding: (rulesRowKey, rulesValue)) ? .abortedUpload : .changed
            }
        } catch {
            switch error.code {
            case .accessDenied: return .locked
            // Another deletion, or a completion, was faster.
            case .noSuchUpload, .noSuchKey: return .changed
            case .noSuchBucket, .conflict: throw error
            // What frees space goes on where there is none.
            case .diskFull: return .failed(error.message)
            default:
                guard !error.endsUpkeep else { throw error }
                return .failed(error.message)
            }
        }
    }

    private func expire(in engine: Engine) async throws(StoreError) -> Outcome {
        let operation = DeleteOperation(engine: engine, bucket: bucket, key: key)
        let receipt = try await operation.run(ifUnchanged: value, holding: (rulesRowKey, rulesValue))
        guard let receipt else { return .changed }
        return receipt.isDeleteMarker ? .hidden : .expired
    }

    private func remove(_ pointerKey: [UInt8]?, in engine: Engine) async throws(StoreError) -> Outcome {
        let operation = DeleteOperation(engine: engine, bucket: bucket, key: key)
        // As long as the row of a head stands unchanged nothing was put under it: what hid nothing hides nothing.
        let removal = VersionStack.Removal(rowKey: rowKey, value: value, pointerKey: pointerKey)
        guard try await operation.commit(removal, holding: (rulesRowKey, rulesValue)) != nil else { return .changed }
        return pointerKey == nil ? .removedMarker : .removedVersion
    }
}
