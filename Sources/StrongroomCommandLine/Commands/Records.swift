#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom

// What `--json` prints: the AWS API's names in lower camel case.

struct BucketRecord: Codable, Equatable {
    var name: String
    var creationDate: Date
    /// `AES256` or `none`.
    var defaultEncryption: String

    init(_ info: BucketInfo) {
        name = info.name.rawValue
        creationDate = info.created
        defaultEncryption = SSEArgument(info.defaultEncryption).rawValue
    }
}

/// A line of `list` and of `import`.
struct ObjectRecord: Codable, Equatable {
    var key: String
    var size: UInt64
    var etag: String
    var lastModified: Date
    /// S3's name for the only version of an object in a bucket without versioning.
    var versionId = "null"
    var isLatest = true
    var isDeleteMarker = false

    init(_ info: ObjectInfo) {
        key = info.key.rawValue
        size = info.sizeBytes
        etag = info.etag
        lastModified = info.lastModified
    }

    init(key: ObjectKey, _ receipt: PutReceipt) {
        self.key = key.rawValue
        size = receipt.sizeBytes
        etag = receipt.etag
        lastModified = receipt.lastModified
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
    var contentType: String?
    var metadata: [String: String]
    /// `AES256` or `none`.
    var serverSideEncryption: String
    var keyId: String?
    var keyVersion: String?
    var cipher: String?
    /// Position in the store's commit order.
    var lsn: UInt64

    init(_ info: ObjectInfo) {
        key = info.key.rawValue
        size = info.sizeBytes
        etag = info.etag
        lastModified = info.lastModified
        contentType = info.contentType
        metadata = info.metadata
        lsn = info.lsn
        switch info.encryption {
        case .none:
            serverSideEncryption = SSEArgument.none.rawValue
        case .s3Managed(let encryption):
            serverSideEncryption = SSEArgument.aes256.rawValue
            keyId = encryption.keyID
            keyVersion = "\(encryption.keyVersion)"
            cipher =
                switch encryption.suite {
                case .aes256GCM: "AES-256-GCM, 16 KiB chunks (c2sp.org/chunked-encryption)"
                case .chaCha20Poly1305: "ChaCha20-Poly1305, 16 KiB chunks (c2sp.org/chunked-encryption)"
                }
        }
    }
}

struct DeleteRecord: Codable, Equatable {
    var key: String
    var existed: Bool
}
#endif
