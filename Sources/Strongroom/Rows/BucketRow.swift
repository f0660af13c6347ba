/// The row of a bucket.
///
/// Byte map of the value, version 1:
///
///     version u8 = 1 | fields (`FieldWriter`) | row MAC (32)
///
///     tag  value
///      1   bucket uid (16, random: a bucket made anew under an old name shares nothing with it)
///      2   created, ms since 1970, i64
///      3   default encryption mode u8 (`EncryptionMode`: none, SSE-S3, SSE-KMS or DSSE-KMS)
///      4   state u8 (0 active, 1 being deleted)
///      5   LSN u64 of the last change
///      6   versioning u8 (1 enabled, 2 suspended); absent where it was never enabled
///      7   object lock: empty, or the default retention (mode u8: 1 governance, 2 compliance; unit u8: 1 days,
///          2 years; count u16); absent where it is off
///      8   the default's key (UTF-8), as it was named; absent where none was, and but for SSE-KMS
///          and DSSE-KMS
///      9   u8 = 1 where SSE-C is allowed; absent where it is blocked
///     10   u8 = 1 where the default uses a Bucket Key; absent where it does not
struct BucketRow: Equatable, Sendable {
    static let formatVersion: UInt8 = 1

    enum State: UInt8, Sendable {
        case active = 0
        /// Refuses puts while the deletion makes sure that the bucket is empty; open finishes or undoes it.
        case deleting = 1
    }

    var uid: [UInt8]
    var createdMilliseconds: Int64
    var defaultEncryption: DefaultEncryption
    var state: State
    var lsn: UInt64
    var versioning = Versioning.unversioned
    /// Nil where it is off; only with versioning.
    var objectLock: BucketLock?
    var allowsCustomerKeys = false

    func encodedWithoutMAC() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 96)
        writer.put(1, uid)
        writer.put(2, integer: createdMilliseconds)
        writer.put(3, integer: defaultEncryption.mode.rawValue)
        writer.put(4, integer: state.rawValue)
        writer.put(5, integer: lsn)
        if versioning != .unversioned { writer.put(6, integer: versioning.number) }
        if let objectLock { writer.put(7, objectLock.encoded) }
        if let key = defaultEncryption.keyID { writer.put(8, text: key) }
        if allowsCustomerKeys { writer.put(9, [1]) }
        if defaultEncryption.usesBucketKey { writer.put(10, [1]) }
        return [Self.formatVersion] + writer.bytes
    }
}

extension BucketRow {
    init(decoding value: [UInt8]) throws(FieldReader.Malformed) {
        guard value.count > 1 + ObjectRow.macBytes else { throw .init(reason: "the row is too short") }
        guard value[0] == Self.formatVersion else { throw .init(reason: "the row's version is \(value[0])") }
        var reader = FieldReader(value.dropFirst().dropLast(ObjectRow.macBytes))
        uid = try reader.required(1, count: ObjectRow.uidBytes)
        createdMilliseconds = try reader.integer(2)
        let mode = try reader.integer(3, as: UInt8.self)
        guard let known = EncryptionMode(rawValue: mode).flatMap(DefaultEncryption.init(mode:)) else {
            throw .init(reason: "default encryption \(mode) is unknown")
        }
        defaultEncryption = known
        guard let state = State(rawValue: try reader.integer(4)) else { throw .init(reason: "the state is unknown") }
        self.state = state
        lsn = try reader.integer(5)
        if let number = try reader.optional(6) {
            guard number.count == 1, let found = Versioning(number: number[number.startIndex]), found != .unversioned
            else { throw .init(reason: "the versioning state is unknown") }
            versioning = found
        }
        if let bytes = try reader.optional(7) {
            guard let found = BucketLock(decoding: bytes), versioning == .enabled else {
                throw .init(reason: "the object lock is unknown")
            }
            objectLock = found
        }
        if let bytes = try reader.optional(8) {
            let key = String(validating: bytes, as: UTF8.self)
            switch defaultEncryption {
            case .kms where key != nil: defaultEncryption = .kms(key: key)
            case .kmsDualLayer where key != nil: defaultEncryption = .kmsDualLayer(key: key)
            default: throw .init(reason: "the default's key is not one")
            }
        }
        allowsCustomerKeys = try reader.flag(9)
        if try reader.flag(10) {
            guard case .kms(let key, _) = defaultEncryption else {
                throw .init(reason: "a default that is not SSE-KMS has a Bucket Key")
            }
            defaultEncryption = .kms(key: key, bucketKey: true)
        }
        try reader.finish()
    }
}

extension DefaultEncryption {
    var mode: EncryptionMode {
        switch self {
        case .none: .none
        case .s3Managed: .s3Managed
        case .kms: .kms
        case .kmsDualLayer: .kmsDualLayer
        }
    }

    /// As it was named; nil for the service's own default, and where there is none.
    var keyID: String? {
        switch self {
        case .none, .s3Managed: nil
        case .kms(let key, _), .kmsDualLayer(let key): key
        }
    }

    /// Nil for what is no default.
    fileprivate init?(mode: EncryptionMode) {
        switch mode {
        case .none: self = .none
        case .s3Managed: self = .s3Managed
        case .kms: self = .kms(key: nil)
        case .kmsDualLayer: self = .kmsDualLayer(key: nil)
        case .customerKey: return nil
        }
    }
}
