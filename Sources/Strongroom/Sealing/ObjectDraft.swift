internal import StrongroomCrypto
internal import StrongroomKeys

/// An object that is sealed and bound, and lacks only its place in the commit order.
struct ObjectDraft: Sendable {
    /// With an LSN and a time of zero.
    let row: ObjectRow
    let etag: String
    let checksums: [ObjectChecksum]
    let descriptor: EncryptionDescriptor
    /// To be counted from the commit on, and where the moment then stands.
    private var defaultRetention: (period: DefaultRetention, offset: Int)?
    private let bucketKeys: BucketKeys
    private let encodedRow: [UInt8]

    init(row: ObjectRow, etag: String, checksums: [ObjectChecksum], bucketKeys: BucketKeys) {
        assert(row.lsn == 0 && row.lastModifiedMilliseconds == 0)
        self.row = row
        self.etag = etag
        self.checksums = checksums
        self.bucketKeys = bucketKeys
        descriptor = row.descriptor
        encodedRow = row.encodedWithoutMAC()
    }

    /// The same object with a lock, which is part of the row alone.
    func locked(_ lock: PutLock) -> ObjectDraft {
        guard lock.row != row.lock else { return self }
        var row = row
        row.lock = lock.row
        var draft = ObjectDraft(row: row, etag: etag, checksums: checksums, bucketKeys: bucketKeys)
        if case .from(let retention) = lock.term, let offset = ObjectRow.retentionMomentOffset(draft.encodedRow) {
            draft.defaultRetention = (retention, offset)
        }
        return draft
    }

    /// The value to store. Runs on the committer, so it patches integers instead of encoding anew.
    func row(
        lsn: UInt64, timeMilliseconds: Int64, _ lockTime: LockTime, rowKey: [UInt8]
    ) throws(StoreError) -> [UInt8] {
        var value = encodedRow
        Self.patch(&value, at: ObjectRow.lsnOffset, lsn)
        Self.patch(&value, at: ObjectRow.lastModifiedOffset, UInt64(bitPattern: timeMilliseconds))
        if let defaultRetention {
            let now = lockTime.now(storeMilliseconds: timeMilliseconds)
            let (until, isOverflown) = now.addingReportingOverflow(defaultRetention.period.milliseconds)
            Self.patch(&value, at: defaultRetention.offset, UInt64(bitPattern: isOverflown ? .max : until))
        }
        return try bucketKeys.authenticated(value, rowKey: rowKey)
    }

    private static func patch(_ bytes: inout [UInt8], at offset: Int, _ integer: UInt64) {
        for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: integer >> (8 * index)) }
    }
}

extension ObjectRow {
    /// As users name it.
    var publicVersionID: VersionID { isNullVersion ? .null : VersionID(bytes: versionID) }

    // The first fields have fixed sizes: version byte, two uids and the LSN, each after six bytes of tag and length.
    // A delete marker's row begins with the same.
    static let versionIDOffset = 1 + 6 + uidBytes + 6
    static let lsnOffset = versionIDOffset + uidBytes + 6
    static let lastModifiedOffset = lsnOffset + 8 + 6

    var descriptor: EncryptionDescriptor {
        switch sealing {
        case .none: .none
        case .wrapped(let wrapped): wrapped.descriptor
        }
    }
}

extension ObjectRow.WrappedSealing {
    fileprivate var descriptor: EncryptionDescriptor {
        let suite: CipherSuite =
            suite == SealedStreamSuite.chaCha20Poly1305.rawValue ? .chaCha20Poly1305 : .aes256GCM
        switch mode {
        case .none: preconditionFailure("what is wrapped is encrypted")
        case .s3Managed:
            return .s3Managed(S3ManagedEncryption(keyID: keyID, keyVersion: keyVersion, suite: suite))
        case .kms:
            return .kms(
                KMSEncryption(
                    keyID: keyID, keyVersion: bucketKeyID == nil ? keyVersion : nil,
                    usesBucketKey: bucketKeyID != nil, context: context.dictionary, suite: suite))
        case .kmsDualLayer:
            guard let outerLayer else { preconditionFailure("two layers have two keys") }
            return .kmsDualLayer(
                DualLayerEncryption(
                    keyID: keyID, keyVersion: keyVersion, context: context.dictionary,
                    outerLayer: S3ManagedEncryption(
                        keyID: outerLayer.keyID, keyVersion: outerLayer.keyVersion, suite: suite),
                    suite: suite))
        case .customerKey:
            return .customerKey(CustomerKeyEncryption(fingerprint: keyVersion, suite: suite))
        }
    }
}

extension EncryptionContext {
    /// As users name the pairs.
    var dictionary: [String: String] {
        Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
    }
}
