/// The row of a bucket.
///
/// Byte map of the value, version 1:
///
///     version u8 = 1 | fields (`FieldWriter`) | row MAC (32)
///
///     tag  value
///      1   bucket uid (16, random: a bucket made anew under an old name shares nothing with it)
///      2   created, ms since 1970, i64
///      3   default encryption mode u8 (0 none, 1 SSE-S3)
///      4   state u8 (0 active, 1 being deleted)
///      5   LSN u64 of the last change
///      6   versioning u8 (1 enabled, 2 suspended); absent where it was never enabled
///      7   object lock: empty, or the default retention (mode u8: 1 governance, 2 compliance; unit u8: 1 days,
///          2 years; count u16); absent where it is off
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

    func encodedWithoutMAC() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 96)
        writer.put(1, uid)
        writer.put(2, integer: createdMilliseconds)
        writer.put(3, integer: defaultEncryption == .none ? ObjectRow.modeNone : ObjectRow.modeS3Managed)
        writer.put(4, integer: state.rawValue)
        writer.put(5, integer: lsn)
        if versioning != .unversioned { writer.put(6, integer: versioning.number) }
        if let objectLock { writer.put(7, objectLock.encoded) }
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
        switch try reader.integer(3, as: UInt8.self) {
        case ObjectRow.modeNone: defaultEncryption = .none
        case ObjectRow.modeS3Managed: defaultEncryption = .s3Managed
        case let mode: throw .init(reason: "default encryption \(mode) is unknown")
        }
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
        try reader.finish()
    }
}
