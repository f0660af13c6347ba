internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// One part of an object, authenticated, and where it stands in the object.
struct ObjectPart: Sendable {
    var number: Int
    var rowKey: [UInt8]
    var row: PartRow
    /// Bytes of plaintext in front of it.
    var offset: UInt64

    var range: Range<UInt64> { offset..<offset + row.sizeBytes }
}

/// The payloads of an object in parts. Each is opened when the reading comes to it.
final class PartedContent: BodyContent {
    let engine: Engine
    let parts: [ObjectPart]
    let object: ObjectRow
    /// Nil in mode none.
    let dataKey: DataKey?
    let bucketKeys: BucketKeys
    let place: ObjectPlace
    private let pin: PartPin

    init(
        _ engine: Engine, _ parts: [ObjectPart], of object: ObjectRow, _ dataKey: DataKey?, _ bucketKeys: BucketKeys,
        _ place: ObjectPlace, pin: PartPin
    ) {
        self.engine = engine
        self.parts = parts
        self.object = object
        self.dataKey = dataKey
        self.bucketKeys = bucketKeys
        self.place = place
        self.pin = pin
    }

    func makeCursor(range: Range<UInt64>) -> any BodyCursor { PartedCursor(self, range: range) }

    /// Opens one part, and proves it to be the one that the object's key was used for.
    func open(_ part: ObjectPart) async throws(StoreError) -> ObjectContent {
        guard let pinned = try await pinned(part) else { throw damaged("part \(part.number) is gone.") }
        let prelude = BlobPrelude(
            objectUID: object.objectUID, partUID: part.row.partUID, suite: object.sealing.suiteNumber)
        let payload = try await engine.payload(of: pinned, storedBytes: part.row.storedBytes, prelude, place)
        guard case .wrapped(let sealing) = object.sealing, let dataKey else {
            return try ObjectContent(
                clear: ClearStream(bucketKeys, objectUID: part.row.partUID), payload, sizeBytes: part.row.sizeBytes,
                storedBytes: part.row.storedBytes, place: place)
        }
        let content = try await ObjectContent(
            sealed: payload, try Engine.suite(sealing, place), dataKey, objectUID: object.objectUID,
            partUID: part.row.partUID, sizeBytes: part.row.sizeBytes, storedBytes: part.row.storedBytes, place: place)
        do throws(SealError) {
            let code = try ObjectBinding.part(
                dataKey, number: part.number, partUID: part.row.partUID, sizeBytes: part.row.sizeBytes,
                commitment: content.commitment)
            guard ConstantTime.areEqual(code, part.row.partMAC) else {
                throw SealError(.commitmentMismatch, "Part \(part.number) was made for another place or object.")
            }
        } catch {
            throw StoreError(error, bucket: place.bucket, key: place.key)
        }
        return content
    }

    private func pinned(_ part: ObjectPart) async throws(StoreError) -> (any PinnedRow)? {
        do throws(StorageError) {
            return try await engine.metadata.pinnedRow(part.rowKey)
        } catch {
            throw StoreError(error, bucket: place.bucket, key: place.key)
        }
    }

    func damaged(_ reason: String) -> StoreError {
        StoreError(
            .damaged, "The object's bytes are not what was written: \(reason)", bucket: place.bucket, key: place.key)
    }
}

/// Goes from part to part.
final class PartedCursor: BodyCursor {
    private let content: PartedContent
    private let range: Range<UInt64>
    private var nextPart: Int
    private var cursor: ContentCursor?

    init(_ content: PartedContent, range: Range<UInt64>) {
        self.content = content
        self.range = range
        nextPart = content.parts.firstIndex { $0.range.upperBound > range.lowerBound } ?? content.parts.count
    }

    func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> ArraySlice<UInt8>? {
        while true {
            if let slice = try await cursor?.next(isolation: actor) { return slice }
            guard nextPart < content.parts.count, content.parts[nextPart].offset < range.upperBound else { return nil }
            let part = content.parts[nextPart]
            let wanted = range.clamped(to: part.range)
            cursor = ContentCursor(
                try await content.open(part), range: wanted.lowerBound - part.offset..<wanted.upperBound - part.offset)
            // Not before it is open: whoever asks again after a failure gets this part and no gap.
            nextPart += 1
        }
    }
}

extension Engine {
    /// The parts that an object's row stands for: all of them, in order, each in its last attempt, or none.
    func objectParts(
        _ object: ObjectRow, _ table: PartTable, in bucket: KnownBucket, _ place: ObjectPlace
    ) async throws(StoreError) -> [ObjectPart] {
        var offset: UInt64 = 0
        var parts: [ObjectPart] = []
        for (number, rowKey, row, _) in try await partRows(of: object.objectUID, in: bucket, place).rows
        where table.contains(number) {
            parts.append(ObjectPart(number: number, rowKey: rowKey, row: row, offset: offset))
            let (end, isTooLarge) = offset.addingReportingOverflow(row.sizeBytes)
            guard !isTooLarge else { break }
            offset = end
        }
        let found: PartTable
        do throws(SealError) {
            found = try PartTable(parts.map { ($0.number, $0.row) })
        } catch {
            throw StoreError(error, bucket: place.bucket, key: place.key)
        }
        guard found == table, offset == object.sizeBytes else {
            throw StoreError(
                .damaged, "The object's parts are not those that it was completed with.", bucket: place.bucket,
                key: place.key)
        }
        return parts
    }

    /// The part rows of an object or upload in order of their numbers, authenticated.
    func partRows(
        of objectUID: [UInt8], in bucket: KnownBucket, _ place: ObjectPlace
    ) async throws(StoreError) -> (rows: [UploadOperation.Part], lsn: UInt64) {
        let start = RowKey.parts(bucket.row.uid, of: objectUID)
        let (found, lsn) = try await readStorage { snapshot throws(StorageError) in
            var found: [(key: [UInt8], value: [UInt8])] = []
            try snapshot.scan(from: start, to: RowKey.successor(ofPrefix: start)) { key, row in
                found.append((key, row.value))
                return .next
            }
            return (found, snapshot.lsn)
        }
        let keys = try bucketKeys(bucket)
        var rows: [UploadOperation.Part] = []
        rows.reserveCapacity(found.count)
        for (rowKey, value) in found {
            guard let number = RowKey.partNumber(rowKey), try keys.isAuthentic(value, rowKey: rowKey),
                let row = try? PartRow(decoding: value)
            else {
                throw StoreError(
                    .damaged, "A part's row is not what was written: it was altered, or belongs elsewhere.",
                    bucket: place.bucket, key: place.key)
            }
            rows.append((number, rowKey, row, value))
        }
        return (rows, lsn)
    }
}
