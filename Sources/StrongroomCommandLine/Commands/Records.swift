#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom

// What `--json` prints: the AWS API's names in lower camel case.

struct BucketRecord: Codable, Equatable {
    var name: String
    var creationDate: Date
    /// `AES256`, `aws:kms`, `aws:kms:dsse` or `none`.
    var defaultEncryption: String
    /// Where the default names one.
    var defaultKmsKeyId: String?
    var bucketKeyEnabled = false
    /// `SSE-C`, or nothing.
    var blockedEncryptionTypes: [String]
    /// `unversioned`, `enabled` or `suspended`.
    var versioning: String
    var objectLockEnabled: Bool
    var defaultRetention: DefaultRetentionRecord?

    init(_ info: BucketInfo) {
        name = info.name.rawValue
        creationDate = info.created
        defaultEncryption = SSEArgument(info.defaultEncryption).rawValue
        switch info.defaultEncryption {
        case .none, .s3Managed: break
        case .kms(let key, let bucketKey): (defaultKmsKeyId, bucketKeyEnabled) = (key, bucketKey)
        case .kmsDualLayer(let key): defaultKmsKeyId = key
        }
        blockedEncryptionTypes = info.allowedEncryption.contains(.customerKeys) ? [] : ["SSE-C"]
        versioning = info.versioning.word
        objectLockEnabled = info.objectLock
        defaultRetention = info.defaultRetention.map { DefaultRetentionRecord($0) }
    }
}

/// A line of `list` and of `import`, and what `put` and `copy` did.
struct ObjectRecord: Codable, Equatable {
    var key: String
    var size: UInt64
    var etag: String
    var lastModified: Date
    var versionId: String
    var isLatest = true
    var isDeleteMarker = false

    init(_ info: ObjectInfo, isLatest: Bool = true) {
        key = info.key.rawValue
        size = info.sizeBytes
        etag = info.etag
        lastModified = info.lastModified
        versionId = info.versionID.description
        self.isLatest = isLatest
    }

    init(key: ObjectKey, _ receipt: PutReceipt) {
        self.key = key.rawValue
        size = receipt.sizeBytes
        etag = receipt.etag
        lastModified = receipt.lastModified
        versionId = receipt.versionID.description
    }
}

/// A line of `list --versions` for a version that says that there is no object, and has neither size nor ETag.
struct DeleteMarkerRecord: Codable, Equatable {
    var key: String
    var versionId: String
    var lastModified: Date
    var isLatest: Bool
    var isDeleteMarker = true

    init(_ info: DeleteMarkerInfo, isLatest: Bool) {
        key = info.key.rawValue
        versionId = info.versionID.description
        lastModified = info.lastModified
        self.isLatest = isLatest
    }
}

struct CommonPrefixRecord: Codable, Equatable {
    var prefix: String
}

/// Everything that `head` tells.
struct HeadRecord: Codable, Equatable {
    var key: String
    var size: UInt64
    var etag: String
    var lastModified: Date
    var versionId: String
    var storageClass: String
    var contentType: String?
    var cacheControl: String?
    var contentDisposition: String?
    var contentEncoding: String?
    var contentLanguage: String?
    var expires: String?
    /// Base64; of a composite one with a hyphen and the number of parts after it.
    var checksumCRC32: String?
    var checksumCRC32C: String?
    var checksumCRC64NVME: String?
    var checksumSHA1: String?
    var checksumSHA256: String?
    var metadata: [String: String]
    var tagCount: Int
    /// Of an object that was uploaded in parts.
    var partsCount: Int?
    var objectLockMode: String?
    var objectLockRetainUntilDate: String?
    /// `ON` or absent.
    var objectLockLegalHoldStatus: String?
    /// `AES256`, `aws:kms`, `aws:kms:dsse` or `none`; absent for SSE-C.
    var serverSideEncryption: String?
    var keyId: String?
    var keyVersion: String?
    /// Under `aws:kms`.
    var bucketKeyEnabled: Bool?
    /// Under `aws:kms` and `aws:kms:dsse`: the pairs that the put added.
    var encryptionContext: [String: String]?
    /// `AES256` for SSE-C.
    var sseCustomerAlgorithm: String?
    var customerKeyFingerprint: String?
    var cipher: String?
    /// Position in the store's commit order.
    var lsn: UInt64

    init(_ info: ObjectInfo) {
        key = info.key.rawValue
        size = info.sizeBytes
        etag = info.etag
        lastModified = info.lastModified
        versionId = info.versionID.description
        storageClass = info.storageClass.rawValue
        contentType = info.contentType
        cacheControl = info.headers.cacheControl
        contentDisposition = info.headers.contentDisposition
        contentEncoding = info.headers.contentEncoding
        contentLanguage = info.headers.contentLanguage
        expires = info.headers.expires
        let checksums = Dictionary(uniqueKeysWithValues: info.checksums.map { ($0.algorithm, $0.base64) })
        checksumCRC32 = checksums[.crc32]
        checksumCRC32C = checksums[.crc32c]
        checksumCRC64NVME = checksums[.crc64NVME]
        checksumSHA1 = checksums[.sha1]
        checksumSHA256 = checksums[.sha256]
        metadata = info.metadata
        tagCount = info.tagCount
        partsCount = info.partCount
        let retention = RetentionRecord(info)
        objectLockMode = retention.mode
        objectLockRetainUntilDate = retention.retainUntilDate
        objectLockLegalHoldStatus = info.legalHold ? LegalHoldRecord(info).status : nil
        lsn = info.lsn
        switch info.encryption {
        case .none:
            serverSideEncryption = SSEArgument.none.rawValue
        case .s3Managed(let encryption):
            serverSideEncryption = SSEArgument.aes256.rawValue
            keyId = encryption.keyID
            keyVersion = encryption.keyVersion
            cipher = Self.text(encryption.suite)
        case .kms(let encryption):
            serverSideEncryption = SSEArgument.kms.rawValue
            keyId = encryption.keyID
            keyVersion = encryption.keyVersion
            encryptionContext = encryption.context
            bucketKeyEnabled = encryption.usesBucketKey
            cipher = Self.text(encryption.suite)
        case .kmsDualLayer(let encryption):
            serverSideEncryption = SSEArgument.kmsDualLayer.rawValue
            keyId = encryption.keyID
            keyVersion = encryption.keyVersion
            encryptionContext = encryption.context
            cipher = "two layers of \(Self.text(encryption.suite))"
        case .customerKey(let encryption):
            sseCustomerAlgorithm = SSEArgument.aes256.rawValue
            customerKeyFingerprint = encryption.fingerprint
            cipher = Self.text(encryption.suite)
        }
    }

    private static func text(_ suite: CipherSuite) -> String {
        switch suite {
        case .aes256GCM: "AES-256-GCM, 16 KiB chunks (c2sp.org/chunked-encryption)"
        case .chaCha20Poly1305: "ChaCha20-Poly1305, 16 KiB chunks (c2sp.org/chunked-encryption)"
        }
    }
}

struct DeleteRecord: Codable, Equatable {
    var key: String
    /// Whether there was an object, or the version named.
    var existed: Bool
    /// The version that is gone, or the delete marker that now hides the object.
    var versionId: String?
    var isDeleteMarker: Bool

    init(key: String, _ receipt: DeleteReceipt) {
        self.key = key
        existed = receipt.existed
        versionId = receipt.versionID?.description
        isDeleteMarker = receipt.isDeleteMarker
    }
}

struct TagRecord: Codable, Equatable {
    var key: String
    /// Where one was named.
    var versionId: String?
    var tags: [String: String]
}
#endif
