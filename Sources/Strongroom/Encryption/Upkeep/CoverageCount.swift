internal import StrongroomKeys

/// Counts rows by how they are encrypted.
struct CoverageCount: Sendable {
    let engine: Engine
    let requester: Requester
    let bucket: BucketName?

    private static let pageRows = 512

    private struct Kind: Hashable {
        var mode: EncryptionCoverage.Mode
        var keyID: String?
        var keyVersion: String?
        var usesBucketKey = false
    }

    func run() async throws(StoreError) -> EncryptionCoverage {
        _ = try engine.unlockedKeys()
        var counts: [Kind: EncryptionCoverage.Entry] = [:]
        var damagedCount: UInt64 = 0
        var bucketKeyVersions: [[UInt8]: String] = [:]
        // Asked once for each bucket, also where the key service does not tell.
        var wanted: [BucketName: Kind?] = [:]
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
                        if wanted[row.bucket] == nil { wanted.updateValue(await standard(of: row), forKey: row.bucket) }
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
        _ object: ObjectRow, _ bucketKeyVersions: [[UInt8]: String], _ wanted: Kind?,
        in counts: inout [Kind: EncryptionCoverage.Entry]
    ) {
        var kind = Kind(mode: .none)
        if case .wrapped(let sealing) = object.sealing {
            kind.mode = EncryptionCoverage.Mode(sealing.mode)
            if sealing.mode != .customerKey {
                kind.keyID = sealing.keyID
                kind.usesBucketKey = sealing.bucketKeyID != nil
                kind.keyVersion = sealing.bucketKeyID.map { bucketKeyVersions[$0] } ?? sealing.keyVersion
            }
        }
        var entry =
            counts[kind]
            ?? EncryptionCoverage.Entry(
                mode: kind.mode, keyID: kind.keyID, keyVersion: kind.keyVersion, usesBucketKey: kind.usesBucketKey)
        entry.objectCount += 1
        entry.bytes += object.sizeBytes
        let isLike =
            wanted.map { wanted in
                // Under SSE-S3 there is one key; of a key of the service every version will do.
                kind.mode == wanted.mode && kind.usesBucketKey == wanted.usesBucketKey
                    && (wanted.keyID == nil || kind.keyID == wanted.keyID)
            } ?? false
        if !isLike { entry.unlikeDefaultCount += 1 }
        counts[kind] = entry
    }

    /// What the bucket's default asks for, an alias resolved. Nil where the key service does not tell: then nothing is
    /// like it for sure.
    private func standard(of row: SealedRow) async -> Kind? {
        let standard = row.known.row.defaultEncryption
        switch standard {
        case .none: return Kind(mode: .none)
        case .s3Managed: return Kind(mode: .s3Managed)
        case .kms, .kmsDualLayer:
            do {
                let keys = try engine.unlockedKeys()
                let backend = try await keys.backend(of: .kms, for: row.bucket).backend
                let context = try keys.context(.kms, requester, for: row.bucket)
                let key = try await backend.describe(DescribeRequest(keyID: standard.keyID, context: context))
                return Kind(
                    mode: EncryptionCoverage.Mode(standard.mode), keyID: key.keyID,
                    usesBucketKey: standard.usesBucketKey)
            } catch {
                return nil
            }
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
