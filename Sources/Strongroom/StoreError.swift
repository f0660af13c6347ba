/// What went wrong in a call to the store, and what can be done about it.
///
/// Compare `code` with the static members of ``Code``; new codes may be added in any release, so
/// never switch over all of them. The message never holds a secret or a byte of an object.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; its raw value is stable and is what the command line prints.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's stable name.
        public let rawValue: String

        package init(_ rawValue: String) { self.rawValue = rawValue }

        /// The code's stable name.
        public var description: String { rawValue }
    }

    /// The kind of failure.
    public var code: Code
    /// What is wrong and what to do, in a sentence or two.
    public var message: String
    /// The bucket concerned, where there is one.
    public var bucket: String?
    /// The object concerned, where there is one.
    public var key: String?
    /// What caused the failure: an operating system's error, or what a body threw.
    public var underlyingError: (any Error)?

    package init(
        _ code: Code, _ message: String, bucket: BucketName? = nil, key: ObjectKey? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.bucket = bucket?.rawValue
        self.key = key?.rawValue
        self.underlyingError = underlying
    }

    /// The code, the message and the object concerned, on one line.
    public var description: String {
        var text = "\(code): \(message)"
        if let bucket {
            // Names may hold any character: quote them, so that they cannot forge a line of a log.
            text += " [\(key.map { "\(bucket)/\($0)" }.debugDescriptionOr(bucket))]"
        }
        return text
    }
}

extension Optional where Wrapped == String {
    fileprivate func debugDescriptionOr(_ other: String) -> String { (self ?? other).debugDescription }
}

extension StoreError.Code {
    // MARK: Requests

    /// There is no bucket of that name.
    public static let noSuchBucket = Self("noSuchBucket")
    /// There is no object under that key.
    public static let noSuchKey = Self("noSuchKey")
    /// There is no such version of the object.
    public static let noSuchVersion = Self("noSuchVersion")
    /// The version is a delete marker, which cannot be read.
    public static let methodNotAllowed = Self("methodNotAllowed")
    /// There is no such upload: it was completed or aborted, or never begun.
    public static let noSuchUpload = Self("noSuchUpload")
    /// A part named is not there, or has another ETag.
    public static let invalidPart = Self("invalidPart")
    /// The object that is read has no part of that number.
    public static let invalidPartNumber = Self("invalidPartNumber")
    /// The parts named are not in ascending order of their numbers.
    public static let invalidPartOrder = Self("invalidPartOrder")
    /// A part other than the last is smaller than the least size of parts.
    public static let entityTooSmall = Self("entityTooSmall")
    /// A part or an object is larger than S3 allows.
    public static let entityTooLarge = Self("entityTooLarge")
    /// What the request demanded of the object is not so. Nothing was done.
    public static let preconditionFailed = Self("preconditionFailed")
    /// The object is the one that the caller has already (S3 and HTTP: 304).
    public static let notModified = Self("notModified")
    /// The bytes that came are not those whose checksum was announced. Nothing was stored.
    public static let badDigest = Self("badDigest")
    /// A tag breaks S3's rules; the message names it.
    public static let invalidTag = Self("invalidTag")
    /// The storage class is unknown, or not to be had.
    public static let invalidStorageClass = Self("invalidStorageClass")
    /// Object lock protects the version, the customer key is another than the object's, or the bucket blocks the
    /// encryption; the message says what would help.
    public static let accessDenied = Self("accessDenied")
    /// The bucket's versioning or object lock does not admit the change.
    public static let invalidBucketState = Self("invalidBucketState")
    /// The request asks for what the bucket is not made for; the message says what to do.
    public static let invalidRequest = Self("invalidRequest")
    /// A bucket of that name exists already.
    public static let bucketAlreadyExists = Self("bucketAlreadyExists")
    /// The bucket still holds objects.
    public static let bucketNotEmpty = Self("bucketNotEmpty")
    /// The name breaks S3's rules for bucket names.
    public static let invalidBucketName = Self("invalidBucketName")
    /// The key is empty or longer than 1,024 bytes.
    public static let invalidObjectKey = Self("invalidObjectKey")
    /// There is no user of that name.
    public static let noSuchUser = Self("noSuchUser")
    /// A user of that name exists already.
    public static let userAlreadyExists = Self("userAlreadyExists")
    /// There is no role of that name.
    public static let noSuchRole = Self("noSuchRole")
    /// A role of that name exists already.
    public static let roleAlreadyExists = Self("roleAlreadyExists")
    /// The user has no access key of that id.
    public static let noSuchAccessKey = Self("noSuchAccessKey")
    /// The user has no second factor.
    public static let noSuchSecondFactor = Self("noSuchSecondFactor")
    /// The name breaks the rules for names of users and roles, or of their policies.
    public static let invalidUserName = Self("invalidUserName")
    /// The document is no policy; the message says what is wrong with it, and where.
    public static let malformedPolicy = Self("malformedPolicy")
    /// The range does not overlap the object.
    public static let invalidRange = Self("invalidRange")
    /// The metadata is larger than 2 KiB, or holds a name or value that is not allowed.
    public static let invalidMetadata = Self("invalidMetadata")
    /// A limit, named in the message, does not admit the request.
    public static let limitExceeded = Self("limitExceeded")
    /// An argument is out of bounds; the message names it.
    public static let invalidArgument = Self("invalidArgument")
    /// The body threw; see `underlyingError`.
    public static let bodyFailed = Self("bodyFailed")
    /// The body ended before, or went on after, the length announced.
    public static let incompleteBody = Self("incompleteBody")
    /// The value could not be written as JSON; see `underlyingError`. Nothing was stored.
    public static let encodingFailed = Self("encodingFailed")
    /// The object is not the JSON of the type asked for; see `underlyingError`, which may quote the object.
    public static let decodingFailed = Self("decodingFailed")
    /// Something that the request was planned by changed while its body was being stored; put again.
    public static let conflict = Self("conflict")
    /// Nothing expires, because the machine's clock may be wrong: look at it, and see ``Store/confirmClock()``.
    public static let clockUnconfirmed = Self("clockUnconfirmed")
    /// What comes after the position in the change feed is not kept any more.
    public static let positionExpired = Self("positionExpired")
    /// The task was cancelled; nothing was left behind.
    public static let cancelled = Self("cancelled")

    // MARK: Stored data

    /// Stored bytes are not what was written: altered, truncated, swapped or lost.
    public static let damaged = Self("damaged")
    /// The journal, catalog or another file contradicts itself; see the file and offset named.
    public static let corrupted = Self("corrupted")
    /// The store was written by a newer version, or is of no known format. Nothing was changed.
    public static let unsupportedFormat = Self("unsupportedFormat")
    /// The store is not what its anchors say that it was last: an older copy, or changed without its keys. Nothing was
    /// changed.
    public static let rolledBack = Self("rolledBack")
    /// The counter that the store's anchors go with does not answer as it should.
    public static let anchorUnavailable = Self("anchorUnavailable")
    /// There is no store at the path.
    public static let notFound = Self("notFound")
    /// Something else stands at the path.
    public static let alreadyExists = Self("alreadyExists")

    // MARK: Keys

    /// The root key or passphrase is not the one that sealed this keyring.
    public static let wrongRootKey = Self("wrongRootKey")
    /// The keyring is not where it should be.
    public static let keyringMissing = Self("keyringMissing")
    /// The keyring's files are damaged (the root key is right).
    public static let keyringDamaged = Self("keyringDamaged")
    /// A key file or keyring can be read or replaced by others.
    public static let unsafePermissions = Self("unsafePermissions")
    /// The key backend failed or refused; see the message and `underlyingError`.
    public static let keyBackendFailed = Self("keyBackendFailed")
    /// The key that seals the object is disabled.
    public static let keyDisabled = Self("keyDisabled")
    /// The key that seals the object is in a state that forbids it: pending deletion, or waiting for its material.
    public static let invalidKeyState = Self("invalidKeyState")
    /// The key that seals the object does not exist any more.
    public static let keyNotFound = Self("keyNotFound")
    /// Objects that nobody may delete yet would be lost with the key. Nothing was done.
    public static let keyInUse = Self("keyInUse")
    /// What hangs on keys is being counted, in a store that an earlier version wrote or whose sums contradicted its
    /// rows: ask again later.
    public static let keyUsageIncomplete = Self("keyUsageIncomplete")
    /// The key service could not record what it was asked, so that it released nothing; see the message.
    public static let auditUnavailable = Self("auditUnavailable")
    /// The store was opened without the key service that SSE-KMS needs.
    public static let keyServiceMissing = Self("keyServiceMissing")
    /// The encryption needs what was left out when the program was built; the message says which package trait to
    /// switch on.
    public static let encryptionUnavailable = Self("encryptionUnavailable")
    /// The store was opened without its keyring: names can be listed, nothing sealed can be used.
    public static let storeLocked = Self("storeLocked")
    /// Secret memory could not be locked; the message says how to raise the limit.
    public static let secretMemoryUnavailable = Self("secretMemoryUnavailable")

    /// The cryptographic library failed or lacks an algorithm.
    public static let cryptographyFailed = Self("cryptographyFailed")

    // MARK: The machine

    /// Another process, or this one, has the store open; the message names its process id.
    public static let storeInUse = Self("storeInUse")
    /// The store was closed.
    public static let closed = Self("closed")
    /// A write or sync failed: what became durable is unknown. Close the store and open it again.
    public static let durabilityUnknown = Self("durabilityUnknown")
    /// The disk is full. What was stored is intact, and the store goes on when there is room.
    public static let diskFull = Self("diskFull")
    /// The system's limit of open files is reached.
    public static let descriptorLimit = Self("descriptorLimit")
    /// The operating system refuses access.
    public static let permissionDenied = Self("permissionDenied")
    /// The disk or file system failed.
    public static let inputOutput = Self("inputOutput")
}
