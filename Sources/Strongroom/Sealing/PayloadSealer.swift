internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem

/// Seals one object's payload as its plan says, and binds what must be bound: under a fresh data key,
/// a fresh uid and a fresh version id.
///
/// In mode *none* the bytes go into a `ClearStream`; the row says so under its MAC.
struct PayloadSealer {
    /// Part uid of an object that was put whole.
    static let wholePartUID = [UInt8](repeating: 0, count: ObjectRow.uidBytes)

    let objectUID: [UInt8]
    let versionID: [UInt8]
    let bucket: KnownBucket
    let bucketKeys: BucketKeys
    let key: ObjectKey
    let suite: SealedStreamSuite
    let random: SystemRandom
    private(set) var payload: Payload

    enum Payload {
        case clear(ClearStreamWriter)
        case sealed(KeyedStream)
    }

    /// - Parameter version: the version that the object is to be; nil for a new one.
    init(_ plan: EncryptionPlan, of put: PutOperation, version: [UInt8]? = nil) async throws(StoreError) {
        let keys = try put.engine.unlockedKeys()
        random = put.engine.random
        let identifiers = random.bytes(2 * ObjectRow.uidBytes)
        objectUID = Array(identifiers.prefix(ObjectRow.uidBytes))
        versionID = version ?? Array(identifiers.suffix(ObjectRow.uidBytes))
        bucket = plan.bucket
        bucketKeys = try put.engine.bucketKeys(plan.bucket)
        key = put.key
        suite = put.engine.settings.suite
        guard let key = try await keys.dataKey(plan, objectUID: objectUID, for: put) else {
            payload = .clear(ClearStreamWriter(ClearStream(bucketKeys, objectUID: objectUID)))
            return
        }
        do throws(SealError) {
            payload = .sealed(try KeyedStream(key.dataKey, key, suite, objectUID: objectUID, random: random))
        } catch {
            throw StoreError(error, bucket: put.bucket, key: put.key)
        }
    }

    /// Seals one part of an upload, under the upload's data key.
    ///
    /// - Parameter dataKey: nil in mode none.
    init(
        part partUID: [UInt8], of object: ObjectRow, _ dataKey: DataKey?, key: ObjectKey, in bucket: KnownBucket,
        _ engine: Engine
    ) throws(StoreError) {
        random = engine.random
        objectUID = object.objectUID
        versionID = object.versionID
        self.bucket = bucket
        bucketKeys = try engine.bucketKeys(bucket)
        self.key = key
        guard case .wrapped(let sealing) = object.sealing, let dataKey else {
            suite = engine.settings.suite
            payload = .clear(ClearStreamWriter(ClearStream(bucketKeys, objectUID: partUID)))
            return
        }
        suite = try Engine.suite(sealing, ObjectPlace(bucket: nil, key: key))
        do throws(SealError) {
            payload = .sealed(
                try KeyedStream(dataKey, nil, suite, objectUID: objectUID, partUID: partUID, random: random))
        } catch {
            throw StoreError(error)
        }
    }

    /// Nil in mode none.
    var dataKey: DataKey? { if case .sealed(let keyed) = payload { keyed.dataKey } else { nil } }

    /// The stream's suite as the blob's prelude records it; 0 in mode none.
    var suiteNumber: UInt16 {
        switch payload {
        case .clear: 0
        case .sealed: suite.rawValue
        }
    }

    /// The stored form of a body that is whole in memory.
    mutating func sealWhole(_ body: [UInt8]) throws(StoreError) -> [UInt8] {
        var stored = begin()
        stored.reserveCapacity(storedSizeBytes(UInt64(body.count)))
        try end(with: body, to: &stored)
        return stored
    }

    private func storedSizeBytes(_ plaintextBytes: UInt64) -> Int {
        switch payload {
        case .clear: Int(ClearStream.storedBytes(plaintextBytes: plaintextBytes))
        case .sealed(let keyed):
            Int(SealedStreamGeometry(suite).sealedSizeBytes(plaintextBytes, layers: keyed.layers))
        }
    }

    /// What the stored payload starts with.
    func begin() -> [UInt8] {
        switch payload {
        case .clear: []
        case .sealed(let keyed): keyed.header
        }
    }

    /// Appends what is sealed of the plaintext so far; up to a chunk is held back.
    mutating func append(_ plaintext: ArraySlice<UInt8>, to output: inout [UInt8]) throws(StoreError) {
        switch payload {
        case .clear(var writer):
            try writer.append(plaintext, to: &output)
            payload = .clear(writer)
        case .sealed(let keyed):
            do throws(SealError) {
                // Safe: a UInt8 is raw bytes.
                try keyed.append(unsafe plaintext.span.bytes, to: &output)
            } catch {
                throw StoreError(error)
            }
        }
    }

    /// Appends the last chunk, and before it what comes with it.
    mutating func end(with rest: [UInt8] = [], to output: inout [UInt8]) throws(StoreError) {
        switch payload {
        case .clear(var writer):
            try writer.append(rest[...], to: &output)
            try writer.finish(to: &output)
        case .sealed(let keyed):
            do throws(SealError) {
                // Safe: a UInt8 is raw bytes.
                try keyed.finish(with: unsafe rest.span.bytes, to: &output)
            } catch {
                throw StoreError(error)
            }
        }
    }
}
