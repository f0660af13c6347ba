/// The lock that a put gives its object, as its options and the bucket say.
struct PutLock: Sendable, Equatable {
    enum Term: Sendable, Equatable {
        case none
        case until(StoredRetention)
        /// From the commit on.
        case from(DefaultRetention)
    }

    var term = Term.none
    var legalHold = false

    static let none = PutLock()

    /// - Throws: `invalidRequest` where the options ask for a lock and the bucket has none to give.
    static func resolve(
        _ options: PutOptions, in bucket: KnownBucket, named name: BucketName
    ) throws(StoreError) -> PutLock {
        try resolve(try options.lock(), in: bucket, named: name)
    }

    /// - Parameter asked: what a put, or the beginning of an upload in parts, asked for.
    static func resolve(
        _ asked: ObjectLock, in bucket: KnownBucket, named name: BucketName
    ) throws(StoreError) -> PutLock {
        guard let lock = bucket.row.objectLock else {
            guard asked == .none else { throw BucketLock.missing(name) }
            return .none
        }
        let term: Term =
            if let retention = asked.retention {
                .until(retention)
            } else if let retention = lock.defaultRetention {
                .from(retention)
            } else {
                .none
            }
        return PutLock(term: term, legalHold: asked.legalHold)
    }

    /// With a moment of 0 where only the commit knows it.
    var row: ObjectLock {
        let retention: StoredRetention? =
            switch term {
            case .none: nil
            case .until(let retention): retention
            case .from(let retention): StoredRetention(mode: retention.mode, untilMilliseconds: 0)
            }
        return ObjectLock(retention: retention, legalHold: legalHold)
    }

    func check(at time: LockTime, storeMilliseconds: Int64 = .min) throws(StoreError) {
        guard case .until(let retention) = term else { return }
        try time.checkFuture(retention, storeMilliseconds: storeMilliseconds)
    }
}

extension PutOptions {
    /// What the options ask for, whatever the bucket gives by itself.
    func lock() throws(StoreError) -> ObjectLock {
        ObjectLock(retention: try retention?.stored(), legalHold: legalHold)
    }
}
