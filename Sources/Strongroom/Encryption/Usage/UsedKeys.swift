/// The keys that a row's data key is under, and what else of the row counts for their usage; read from the clear fields
/// without authenticating or decoding the rest. Total over hostile bytes: what cannot be read uses no key.
struct UsedKeys {
    enum Kind { case object, upload, bucketKey }

    /// What wraps the data key.
    enum Wrap: Hashable {
        case version(ArraySlice<UInt8>)
        case bucketKey(ArraySlice<UInt8>)

        /// Empty under a Bucket Key, whose row has it.
        var version: ArraySlice<UInt8> { if case .version(let version) = self { version } else { [] } }
    }

    struct Use {
        var keyID: ArraySlice<UInt8>
        var wrap: Wrap
    }

    /// Longer ones come from no backend, and would not fit into a name.
    private static let keyIDBytesMax = 2_048
    private static let versionBytesMax = 128

    let kind: Kind
    /// One for each layer, and none twice.
    private(set) var uses: [Use] = []
    private(set) var sizeBytes: UInt64 = 0
    /// When the lock in compliance mode ends.
    private(set) var complianceEnd: Int64?

    /// - Parameter value: a row of an object, an upload or a Bucket Key, with its MAC. Nil for all others.
    init?(_ value: ArraySlice<UInt8>, inTable table: UInt8) {
        guard value.count > 1 + ObjectRow.macBytes, let version = value.first else { return nil }
        let fields = FieldWalk(value.dropFirst().dropLast(ObjectRow.macBytes))
        switch table {
        case RowKey.bucketKeyTable:
            guard version == BucketKeyRow.formatVersion else { return nil }
            kind = .bucketKey
            read(bucketKey: fields)
        case RowKey.uploadTable:
            guard version == UploadRow.formatVersion, let object = fields.first(1),
                object.first == ObjectRow.formatVersion
            else { return nil }
            kind = .upload
            read(object: FieldWalk(object.dropFirst()))
        default:
            guard version == ObjectRow.formatVersion else { return nil }
            kind = .object
            read(object: fields)
        }
    }

    private mutating func read(bucketKey fields: FieldWalk) {
        guard let keyID = fields.first(2), let version = fields.first(3) else { return }
        add(keyID, .version(version))
    }

    private mutating func read(object fields: FieldWalk) {
        var fields = fields
        var mode: EncryptionMode?
        var (keyID, version, bucketKeyID): (ArraySlice<UInt8>?, ArraySlice<UInt8>?, ArraySlice<UInt8>?)
        var (outerKeyID, outerVersion): (ArraySlice<UInt8>?, ArraySlice<UInt8>?)
        while let (tag, value) = fields.next() {
            switch tag {
            case ObjectRow.sizeTag: sizeBytes = value.reversed().reduce(0) { $0 << 8 | UInt64($1) }
            case ObjectRow.modeTag: mode = value.first.flatMap(EncryptionMode.init(rawValue:))
            case ObjectRow.keyTag: keyID = value
            case ObjectRow.keyVersionTag: version = value
            case ObjectRow.retentionTag:
                if let retention = StoredRetention(decoding: value), retention.mode == .compliance {
                    complianceEnd = retention.untilMilliseconds
                }
            case ObjectRow.bucketKeyTag where value.count == ObjectRow.uidBytes: bucketKeyID = value
            case ObjectRow.outerKeyTag: outerKeyID = value
            case ObjectRow.outerVersionTag: outerVersion = value
            default: break
            }
        }
        switch mode {
        case nil, .some(.none), .customerKey: return
        case .s3Managed, .kms, .kmsDualLayer: break
        }
        if let keyID { add(keyID, bucketKeyID.map { .bucketKey($0) } ?? .version(version ?? [])) }
        if let outerKeyID, outerKeyID != keyID { add(outerKeyID, .version(outerVersion ?? [])) }
    }

    private mutating func add(_ keyID: ArraySlice<UInt8>, _ wrap: Wrap) {
        guard !keyID.isEmpty, keyID.count <= Self.keyIDBytesMax, wrap.version.count <= Self.versionBytesMax else {
            return
        }
        uses.append(Use(keyID: keyID, wrap: wrap))
    }
}

/// Goes through the fields of a row (`FieldWriter`) without copying them; ends where they cannot be read.
struct FieldWalk {
    private var rest: ArraySlice<UInt8>

    init(_ fields: ArraySlice<UInt8>) { rest = fields }

    mutating func next() -> (tag: UInt16, value: ArraySlice<UInt8>)? {
        guard rest.count >= 6 else { return nil }
        let start = rest.startIndex
        let tag = UInt16(rest[start]) | UInt16(rest[start + 1]) << 8
        let count = (0..<4).reduce(0) { $0 | Int(rest[start + 2 + $1]) << (8 * $1) }
        guard rest.count - 6 >= count else { return nil }
        let value = rest[start + 6..<start + 6 + count]
        rest = rest[(start + 6 + count)...]
        return (tag, value)
    }

    /// The first field of that tag.
    func first(_ wanted: UInt16) -> ArraySlice<UInt8>? {
        var walk = self
        while let (tag, value) = walk.next() { if tag == wanted { return value } }
        return nil
    }
}
