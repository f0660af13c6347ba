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

/// What is true of an object, and one page of its parts (S3: `GetObjectAttributes`).
public struct ObjectAttributesPage: Sendable, Hashable {
    /// The object: ETag, checksums, size, storage class, how many parts it has.
    public var object: ObjectInfo
    /// In order of their numbers.
    public var parts: [ObjectPartInfo]
    /// Pass it on as `partsAfter` for the next page; nil when this was the last.
    public var next: Int?
}
