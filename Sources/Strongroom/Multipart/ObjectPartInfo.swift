/// A part of an object that was uploaded in parts. An object that was put whole is taken for its own part 1 where a
/// part is read.
public struct ObjectPartInfo: Sendable, Hashable {
    /// Its number, as it was uploaded.
    public var number: Int
    /// Where in the object its bytes are.
    public var range: Range<UInt64>
    /// Checksums of its bytes, as the upload asked for.
    public var checksums: [ObjectChecksum]

    /// Size of the plaintext in bytes.
    public var sizeBytes: UInt64 { UInt64(range.count) }
}

/// Everything about an object, and about one of its parts, but the bytes.
public struct ObjectPartHead: Sendable, Hashable {
    /// The object: its size, its ETag and how many parts it has.
    public var object: ObjectInfo
    /// The part.
    public var part: ObjectPartInfo
}
