/// What of an object a read asks for.
enum BodySelection: Sendable {
    case whole
    /// Plaintext bytes; what lies beyond the end is left out.
    case range(Range<UInt64>)
    /// A part by its number.
    case part(Int)
}

extension Engine {
    /// The bytes that are meant, and the part where one is.
    func resolve(
        _ selection: BodySelection, in version: OpenedVersion, _ parts: [ObjectPart]?, of bucket: KnownBucket,
        _ place: ObjectPlace
    ) throws(StoreError) -> (range: Range<UInt64>, part: ObjectPartInfo?) {
        let sizeBytes = version.opened.row.sizeBytes
        switch selection {
        case .whole:
            return (0..<sizeBytes, nil)
        case .range(let range):
            guard range.lowerBound < sizeBytes, !range.isEmpty else {
                throw StoreError(
                    .invalidRange, "The range \(range) does not overlap the object's \(sizeBytes) bytes.",
                    bucket: place.bucket, key: place.key)
            }
            return (range.clamped(to: 0..<sizeBytes), nil)
        case .part(let number):
            let part = try part(number, of: version, parts, in: bucket, place)
            return (part.range, part)
        }
    }
}
