internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// What the catalog's root is made, sealed and anchored with: keys derived from the store's metadata key.
///
/// A root is sealed as `timeline u32 ‖ sealed stream` (little-endian), for the store, the timeline and the place.
final class CatalogKeys: Sendable {
    private static let suite = SealedStreamSuite.aes256GCM
    private let rows: MessageAuthenticator
    private let seal: PreparedKey
    private let anchors: MessageAuthenticator
    let storeID: [UInt8]
    private let timeline: UInt32

    init(_ metadataKey: SharedSecret, storeID: [UInt8], timeline: UInt32) throws(StoreError) {
        self.storeID = storeID
        self.timeline = timeline
        let nobody = [UInt8](repeating: 0, count: ObjectRow.uidBytes)
        func info(_ purpose: String) -> [UInt8] {
            CanonicalFields.metadataKey(purpose: purpose, bucketUID: nobody)
        }
        do throws(SealError) {
            let key = try PreparedKey(metadataKey.bytes)
            rows = try MessageAuthenticator(dataKeyed: key.expand(info: info("catalog rows"), count: 32))
            seal = try PreparedKey(key.expand(info: info("catalog root"), count: 32))
            anchors = try MessageAuthenticator(dataKeyed: key.expand(info: info("catalog anchors"), count: 32))
        } catch {
            throw StoreError(error)
        }
    }

    func hash(_ key: [UInt8], _ row: [UInt8]) throws(StorageError) -> RowHash {
        let head = CanonicalFields.rowHead(key: key, valueSizeBytes: row.count)
        do throws(SecretMemoryError) {
            // Safe: a UInt8 is raw bytes.
            let code = try rows.code(for: unsafe head.span.bytes, unsafe row.span.bytes)
            var hash = RowHash.zero
            for index in hash.indices {
                hash[index] = code[index * 8..<index * 8 + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
            return hash
        } catch {
            throw StorageError(secretMemory: error)
        }
    }

    // MARK: The root

    func seal(_ record: [UInt8], for place: [UInt8]) throws(StorageError) -> [UInt8] {
        var bytes: [UInt8] = []
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: timeline >> UInt32(shift)))
        }
        do throws(SealError) {
            return bytes
                + (try SealedStream.seal(
                    record, Self.suite, key: seal, context: context(timeline, place), random: SystemRandom()))
        } catch {
            throw Self.storageError(error)
        }
    }

    /// - Parameter anyTimeline: whether a root of another timeline is one.
    func open(
        _ sealed: [UInt8], for place: [UInt8], anyTimeline: Bool
    ) throws(StorageError) -> CatalogRootRecord? {
        guard sealed.count > 4 else { return nil }
        let found = sealed[0..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard found == timeline || anyTimeline else { return nil }
        do throws(SealError) {
            let record = try SealedStream.open(
                Array(sealed[4...]), Self.suite, key: seal, context: context(found, place))
            return CatalogRootRecord(bytes: record, isCurrent: found == timeline)
        } catch {
            // What the machine does not give now says nothing of the root.
            guard error.code != .secretMemory, error.code != .cryptoFailure else { throw Self.storageError(error) }
            return nil
        }
    }

    private static func storageError(_ error: SealError) -> StorageError {
        StorageError(StorageError.Code(error.code.description), error.message)
    }

    private func context(_ timeline: UInt32, _ place: [UInt8]) -> [UInt8] {
        CanonicalFields.catalogRoot(storeID: storeID, timeline: timeline, place: place)
    }

    // MARK: Anchors

    func anchor(_ mark: CatalogRootMark, _ counter: UInt64?) throws(StorageError) -> AnchorFile {
        let root = try code(
            CanonicalFields.anchoredRoot(storeID: storeID, timeline: timeline, lsn: mark.lsn, rows: mark.rows))
        return try anchor(mark.lsn, root, counter)
    }

    /// For a catalog whose rows are still to be added up.
    func anchor(upTo lsn: UInt64, _ counter: UInt64?) throws(StorageError) -> AnchorFile {
        try anchor(lsn, nil, counter)
    }

    private func anchor(_ lsn: UInt64, _ root: [UInt8]?, _ counter: UInt64?) throws(StorageError) -> AnchorFile {
        var anchor = AnchorFile(
            format: AnchorFile.format(with: counter), storeId: Hexadecimal.encode(storeID), timeline: timeline,
            lsn: lsn,
            root: root.map(Hexadecimal.encode), counter: counter, code: "")
        anchor.code = Hexadecimal.encode(try code(message(anchor, root ?? [])))
        return anchor
    }

    /// The same with another value of the counter.
    func anchor(_ anchor: AnchorFile, _ counter: UInt64) throws(StorageError) -> AnchorFile {
        var changed = anchor
        (changed.counter, changed.format) = (counter, AnchorFile.format(with: counter))
        changed.code = Hexadecimal.encode(try code(message(changed, Hexadecimal.decode(anchor.root ?? "") ?? [])))
        return changed
    }

    private func message(_ anchor: AnchorFile, _ root: [UInt8]) -> [UInt8] {
        CanonicalFields.anchor(
            storeID: storeID, timeline: anchor.timeline, lsn: anchor.lsn, root: root, counter: anchor.counter)
    }

    /// Whether the store wrote it, on whatever timeline.
    func isAuthentic(_ anchor: AnchorFile) throws(StorageError) -> Bool {
        guard anchor.format == AnchorFile.format(with: anchor.counter), anchor.storeId == Hexadecimal.encode(storeID),
            let root = Hexadecimal.decode(anchor.root ?? ""), let found = Hexadecimal.decode(anchor.code),
            anchor.root == nil || !root.isEmpty
        else { return false }
        return ConstantTime.areEqual(try code(message(anchor, root)), found)
    }

    private func code(_ message: [UInt8]) throws(StorageError) -> [UInt8] {
        do throws(SecretMemoryError) {
            return try anchors.code(for: message)
        } catch {
            throw StorageError(secretMemory: error)
        }
    }
}
