internal import StrongroomKeys

/// Counts rows by how they are encrypted.
struct CoverageCount: Sendable {
    let engine: Engine
    let requester: Requester
    let bucket: BucketName?

    private static let pageRows = 512

    private struct Group: Hashable {
        var kind: EncryptionKind
        var keyVersion: String?
    }

    func run() async throws(StoreError) -> EncryptionCoverage {
        _ = try engine.unlockedKeys()
        var counts: [Group: EncryptionCoverage.Entry] = [:]
        var damagedCount: UInt64 = 0
        var bucketKeyVersions: [[UInt8]: String] = [:]
        // Asked once for each bucket, also where the key service does not tell.
        var wanted: [BucketName: EncryptionKind?] = [:]
        for table in [RowKey.bucketKeyTable, RowKey.currentTable, RowKey.versionTable] {
            var place: [UInt8]? = [table]
            while let start = place {
                let page = try await engine.sealedRows(after: start, limit: Self.pageRows)
                for result in page.rows {
                    guard !Task.isCancelled else { throw StoreError(.cancelled, "The count was cancelled.") }
                    let row: SealedRow
                    switch result {
                    case .success(let found): row = found
                    case .failure(let damage):
                        if bucket.map({ $0 == damage.bucket }) ?? true { damagedCount += 1 }
                        continue
                    }
                    guard bucket.map({ $0 == row.bucket }) ?? true else { continue }
                    switch row.content {
                    case .bucketKey(let key):
                        bucketKeyVersions[Array(row.rowKey.dropFirst(RowKey.prefixBytes))] = key.wrapped.keyVersion
                    case .upload: break
                    case .object(let object):
                        if wanted[row.bucket] == nil {
                            wanted.updateValue(try await standard(of: row), forKey: row.bucket)
                        }
                        count(object, bucketKeyVersions, wanted[row.bucket] ?? nil, in: &counts)
                    }
                }
                place = page.last
            }
        }
        let entries = counts.values.sorted { ($0.objectCount, $0.bytes) > ($1.objectCount, $1.bytes) }
        return EncryptionCoverage(entries: entries, damagedCount: damagedCount)
    }

    private func count(
        _ object: ObjectRow, _ bucketKeyVersions: [[UInt8]: String], _ wanted: EncryptionKind?,
        in counts: inout [Group: EncryptionCoverage.Entry]
    ) {
        let kind = EncryptionKind(object)
        var group = Group(kind: kind)
        if case .wrapped(let sealing) = object.sealing, sealing.mode != .customerKey {
            group.keyVersion = sealing.bucketKeyID.map { bucketKeyVersions[$0] } ?? sealing.keyVersion
        }
        var entry =
            counts[group]
            ?? EncryptionCoverage.Entry(
                mode: EncryptionCoverage.Mode(kind.mode), keyID: kind.keyID, keyVersion: group.keyVersion,
                usesBucketKey: kind.usesBucketKey)
        entry.objectCount += 1
        entry.bytes += object.sizeBytes
        if wanted.map({ !kind.isLike($0) }) ?? true { entry.unlikeDefaultCount += 1 }
        counts[group] = entry
    }

    /// Nil where the key service does not tell: then nothing is like the default for sure.
    private func standard(of row: SealedRow) async throws(StoreError) -> EncryptionKind? {
        do throws(StoreError) {
            return try await EncryptionKind(
                row.known.row.defaultEncryption, of: row.bucket, in: engine, as: requester)
        } catch {
            guard !error.endsUpkeep else { throw error }
            return nil
        }
    }
}

extension EncryptionCoverage.Mode {
    init(_ mode: EncryptionMode) {
        self =
            switch mode {
            case .none: .none
            case .s3Managed: .s3Managed
            case .kms: .kms
            case .kmsDualLayer: .kmsDualLayer
            case .customerKey: .customerKey
            }
    }
}
