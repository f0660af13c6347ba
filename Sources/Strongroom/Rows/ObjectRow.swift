internal import StrongroomKeys

/// The logical row of an object: clear index fields, the sealed attribute block, and what binds the
/// wrapped data key to all of it. Where the payload lies is not part of it (checkpoints move it).
///
/// Byte map of the value, version 1:
///
///     version u8 = 1 | fields (`FieldWriter`) | row MAC (32)
///
///     tag  value                                  tag  value
///      1   object uid (16)                         9   key id (UTF-8)             absent in mode none
///      2   version id (16, random)                10   key version (UTF-8)        absent in mode none
///      3   LSN u64                                11   wrapped data key           absent in mode none
///      4   last modified, ms since 1970, i64      12   wrap binding (32)          absent in mode none
///      5   plaintext size u64                     13   descriptor MAC (32)        absent in mode none
///      6   stored payload length u64              14   attribute block (sealed stream)
///      7   mode u8 (`EncryptionMode`), suite u16, layers u8
///      8   backend id (UTF-8), absent in none     15   tree hash of the stored payload (32), blobs only
///     16   u8 = 1 for a named version; absent for the null version
///     17   storage class u8 (`StorageClass`); absent for STANDARD
///     18   retention: mode u8 (1 governance, 2 compliance), until i64, ms since 1970; absent where there is none
///     19   u8 = 1 while a legal hold is on; else absent
///     20   part table (`PartTable`) of an object in parts: its payloads are those of the part rows, their MACs
///          stand in place of the descriptor MAC, and the stored length is the sum of theirs
///     21   the caller's encryption context (`EncryptionContext.canonicalBytes`); absent where there is none
///     22   the data key under the key that field 11 wraps (sealed stream); absent where that is the data key
///     23   id of the Bucket Key (16) that field 22 is under; then 10 and 11 are empty, and stand in its row
///     24   outer layer: backend id (UTF-8)       26   outer layer: key version (UTF-8)
///     25   outer layer: key id (UTF-8)           27   outer layer: wrapped data key
///     28   outer layer: wrap binding (32) under that layer's key. 24 to 28 in mode DSSE-KMS, and only there
///
/// The row MAC is HMAC-SHA256 under the bucket's metadata key over the row's own key and everything
/// before it: a row under another name, or one byte changed, is refused before anything else is looked at.
struct ObjectRow: Equatable, Sendable {
    static let formatVersion: UInt8 = 1
    static let uidBytes = 16
    static let macBytes = 32

    var objectUID: [UInt8]
    var versionID: [UInt8]
    var lsn: UInt64
    var lastModifiedMilliseconds: Int64
    var sizeBytes: UInt64
    var storedBytes: UInt64
    var sealing: Sealing
    /// Sealed stream under the bucket's attribute key.
    var attributes: [UInt8]
    var treeHash: [UInt8]?
    /// Written while the bucket kept no versions.
    var isNullVersion = true
    var storageClass = StorageClass.standard
    var lock = ObjectLock.none
    /// Nil for an object in one piece.
    var parts: PartTable?

    static let sizeTag: UInt16 = 5
    static let modeTag: UInt16 = 7
    static let keyTag: UInt16 = 9
    static let keyVersionTag: UInt16 = 10
    private static let partTableTag: UInt16 = 20
    private static let encryptionContextTag: UInt16 = 21
    private static let enclosedKeyTag: UInt16 = 22
    static let bucketKeyTag: UInt16 = 23
    private static let outerBackendTag: UInt16 = 24
    static let outerKeyTag: UInt16 = 25
    static let outerVersionTag: UInt16 = 26
    private static let outerWrappedKeyTag: UInt16 = 27
    private static let outerBindingTag: UInt16 = 28
    static let namedVersionTag: UInt16 = 16
    private static let storageClassTag: UInt16 = 17
    static let retentionTag: UInt16 = 18
    private static let legalHoldTag: UInt16 = 19

    /// How the payload is sealed; fails closed: no combination of missing fields means "none".
    enum Sealing: Equatable, Sendable {
        case none
        case wrapped(WrappedSealing)
    }

    struct WrappedSealing: Equatable, Sendable {
        var mode: EncryptionMode
        var suite: UInt16
        var layers: UInt8
        var backendID: String
        var keyID: String
        var keyVersion: String
        var wrappedKey: [UInt8]
        var wrapBinding: [UInt8]
        /// Empty for an object in parts.
        var descriptorMAC: [UInt8]
        /// The pairs that the caller added; only under a key service.
        var context = EncryptionContext.empty
        /// The data key under the key that `wrappedKey` is; empty where that is the data key itself.
        var enclosedKey: [UInt8] = []
        /// The Bucket Key that `enclosedKey` is under; then `wrappedKey` and `keyVersion` are empty, and stand in its
        /// row.
        var bucketKeyID: [UInt8]?
        /// How the key of the outer layer is kept; nil under one layer.
        var outerLayer: OuterWrap?
    }

    /// The wrapped data key of the outer of two layers.
    struct OuterWrap: Equatable, Sendable {
        var backendID: String
        var keyID: String
        var keyVersion: String
        var wrappedKey: [UInt8]
        var binding: [UInt8]
    }
}

extension ObjectRow {
    /// Everything that the row MAC covers of the value.
    func encodedWithoutMAC() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 512 + attributes.count)
        writer.put(1, objectUID)
        writer.put(2, versionID)
        writer.put(3, integer: lsn)
        writer.put(4, integer: lastModifiedMilliseconds)
        writer.put(Self.sizeTag, integer: sizeBytes)
        writer.put(6, integer: storedBytes)
        switch sealing {
        case .none:
            writer.put(Self.modeTag, [EncryptionMode.none.rawValue, 0, 0, 0])
        case .wrapped(let wrapped):
            writer.put(
                Self.modeTag,
                [
                    wrapped.mode.rawValue, UInt8(truncatingIfNeeded: wrapped.suite),
                    UInt8(truncatingIfNeeded: wrapped.suite >> 8),
                    wrapped.layers,
                ])
            writer.put(8, text: wrapped.backendID)
            writer.put(Self.keyTag, text: wrapped.keyID)
            writer.put(Self.keyVersionTag, text: wrapped.keyVersion)
            writer.put(11, wrapped.wrappedKey)
            writer.put(12, wrapped.wrapBinding)
            if !wrapped.descriptorMAC.isEmpty { writer.put(13, wrapped.descriptorMAC) }
        }
        writer.put(14, attributes)
        if let treeHash { writer.put(15, treeHash) }
        if !isNullVersion { writer.put(Self.namedVersionTag, [1]) }
        if storageClass != .standard { writer.put(Self.storageClassTag, integer: storageClass.number) }
        if let retention = lock.retention { writer.put(Self.retentionTag, retention.encoded) }
        if lock.legalHold { writer.put(Self.legalHoldTag, [1]) }
        if let parts { writer.put(Self.partTableTag, parts.encoded) }
        if case .wrapped(let wrapped) = sealing, wrapped.context != .empty {
            writer.put(Self.encryptionContextTag, wrapped.context.canonicalBytes)
        }
        if case .wrapped(let wrapped) = sealing, !wrapped.enclosedKey.isEmpty {
            writer.put(Self.enclosedKeyTag, wrapped.enclosedKey)
        }
        if case .wrapped(let wrapped) = sealing, let id = wrapped.bucketKeyID { writer.put(Self.bucketKeyTag, id) }
        if case .wrapped(let wrapped) = sealing, let outer = wrapped.outerLayer {
            writer.put(Self.outerBackendTag, text: outer.backendID)
            writer.put(Self.outerKeyTag, text: outer.keyID)
            writer.put(Self.outerVersionTag, text: outer.keyVersion)
            writer.put(Self.outerWrappedKeyTag, outer.wrappedKey)
            writer.put(Self.outerBindingTag, outer.binding)
        }
        return [Self.formatVersion] + writer.bytes
    }

    /// Reads a row whose MAC was checked, or that is only looked at (a locked store).
    init(decoding value: [UInt8]) throws(FieldReader.Malformed) {
        guard value.count > 1 + Self.macBytes else { throw .init(reason: "the row is too short") }
        guard value[0] == Self.formatVersion else { throw .init(reason: "the row's version is \(value[0])") }
        var reader = FieldReader(value.dropFirst().dropLast(Self.macBytes))
        objectUID = try reader.required(1, count: Self.uidBytes)
        versionID = try reader.required(2, count: Self.uidBytes)
        lsn = try reader.integer(3)
        lastModifiedMilliseconds = try reader.integer(4)
        sizeBytes = try reader.integer(5)
        storedBytes = try reader.integer(6)
        let mode = try reader.required(7, count: 4)
        if mode == [EncryptionMode.none.rawValue, 0, 0, 0] {
            sealing = .none
        } else {
            sealing = .wrapped(try Self.decodeWrapped(mode, &reader))
        }
        attributes = Array(try reader.required(14))
        if let hash = try reader.optional(15) {
            guard hash.count == 32 else { throw .init(reason: "the tree hash has \(hash.count) bytes") }
            treeHash = Array(hash)
        }
        isNullVersion = try !reader.flag(Self.namedVersionTag)
        if let number = try reader.optional(Self.storageClassTag) {
            guard number.count == 1, let found = StorageClass(number: number[number.startIndex]), found != .standard
            else { throw .init(reason: "the storage class is unknown") }
            storageClass = found
        }
        if let bytes = try reader.optional(Self.retentionTag) {
            guard let retention = StoredRetention(decoding: bytes) else {
                throw .init(reason: "the retention is unknown")
            }
            lock.retention = retention
        }
        lock.legalHold = try reader.flag(Self.legalHoldTag)
        if let bytes = try reader.optional(Self.partTableTag) { parts = try PartTable(decoding: bytes) }
        if let bytes = try reader.optional(Self.encryptionContextTag) { try adoptContext(bytes) }
        if let bytes = try reader.optional(Self.enclosedKeyTag) { try adoptEnclosedKey(bytes) }
        try adoptBucketKey(try reader.optionalBytes(Self.bucketKeyTag, count: Self.uidBytes))
        try adoptOuterLayer(&reader)
        try reader.finish()
        if case .wrapped(let wrapped) = sealing, wrapped.descriptorMAC.isEmpty != (parts != nil) {
            throw .init(reason: "an object has a descriptor MAC or parts")
        }
    }

    /// Whether the bytes of a row have a field of a lock: a quick look, for rows that are about to be dropped where
    /// nothing should be locked.
    static func namesLock(_ value: [UInt8]) -> Bool {
        let row = value.dropLast(macBytes)
        return offset(of: retentionTag, in: row) != nil || offset(of: legalHoldTag, in: row) != nil
    }

    /// Whether the bytes of a row, an object's or a delete marker's, say that it is a named version.
    static func namesVersion(_ value: [UInt8]) -> Bool {
        offset(of: namedVersionTag, in: value.dropLast(macBytes)) != nil
    }

    /// Where in a row without its MAC the moment of the retention stands, after the mode.
    static func retentionMomentOffset(_ row: [UInt8]) -> Int? {
        offset(of: retentionTag, in: row[...]).map { $0 + 1 }
    }

    /// Where the value of a field begins; nil where there is none. Total over hostile bytes.
    private static func offset(of wanted: UInt16, in value: ArraySlice<UInt8>) -> Int? {
        guard value.first == formatVersion || value.first == DeleteMarkerRow.formatVersion else { return nil }
        let end = value.count
        var position = 1
        while position + 6 <= end {
            let tag = UInt16(value[position]) | UInt16(value[position + 1]) << 8
            guard tag != wanted else { return position + 6 }
            let count = (0..<4).reduce(0) { $0 | Int(value[position + 2 + $1]) << (8 * $1) }
            position += 6 + count
        }
        return nil
    }

    private mutating func adoptContext(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        guard case .wrapped(var wrapped) = sealing, wrapped.mode.asksKeyService,
            let context = EncryptionContext(canonicalBytes: Array(bytes)), context != .empty
        else { throw .init(reason: "the encryption context is not one") }
        wrapped.context = context
        sealing = .wrapped(wrapped)
    }

    private mutating func adoptEnclosedKey(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        guard case .wrapped(var wrapped) = sealing, wrapped.mode == .kms, bytes.count == DataKey.enclosedSizeBytes
        else { throw .init(reason: "the enclosed key is not one") }
        wrapped.enclosedKey = Array(bytes)
        sealing = .wrapped(wrapped)
    }

    private mutating func adoptBucketKey(_ id: [UInt8]?) throws(FieldReader.Malformed) {
        guard case .wrapped(var wrapped) = sealing else {
            guard id == nil else { throw .init(reason: "what is not encrypted has a Bucket Key") }
            return
        }
        // Under a Bucket Key nothing is wrapped by a backend here, and else something is.
        guard wrapped.wrappedKey.isEmpty == (id != nil), id == nil || !wrapped.enclosedKey.isEmpty else {
            throw .init(reason: "the data key is wrapped in two ways, or in none")
        }
        wrapped.bucketKeyID = id
        sealing = .wrapped(wrapped)
    }

    private mutating func adoptOuterLayer(_ reader: inout FieldReader) throws(FieldReader.Malformed) {
        guard case .wrapped(var wrapped) = sealing, wrapped.mode.layers == 2 else { return }
        guard wrapped.enclosedKey.isEmpty else { throw .init(reason: "two layers have no enclosed key") }
        wrapped.outerLayer = OuterWrap(
            backendID: try reader.text(Self.outerBackendTag), keyID: try reader.text(Self.outerKeyTag),
            keyVersion: try reader.text(Self.outerVersionTag),
            wrappedKey: Array(try reader.required(Self.outerWrappedKeyTag)),
            binding: try reader.required(Self.outerBindingTag, count: Self.macBytes))
        sealing = .wrapped(wrapped)
    }

    private static func decodeWrapped(
        _ mode: [UInt8], _ reader: inout FieldReader
    ) throws(FieldReader.Malformed) -> WrappedSealing {
        guard let known = EncryptionMode(rawValue: mode[0]), known != .none else {
            throw .init(reason: "encryption mode \(mode[0]) is unknown")
        }
        guard mode[3] == known.layers else { throw .init(reason: "\(mode[3]) layers are unknown in this mode") }
        return WrappedSealing(
            mode: known, suite: UInt16(mode[1]) | UInt16(mode[2]) << 8, layers: mode[3],
            backendID: try reader.text(8), keyID: try reader.text(9), keyVersion: try reader.text(10),
            wrappedKey: Array(try reader.required(11)), wrapBinding: try reader.required(12, count: macBytes),
            descriptorMAC: try reader.optionalBytes(13, count: macBytes) ?? [])
    }
}

extension ObjectRow.Sealing {
    /// The stream's suite as preludes of blobs record it; 0 in mode none.
    var suiteNumber: UInt16 { if case .wrapped(let sealing) = self { sealing.suite } else { 0 } }
}
