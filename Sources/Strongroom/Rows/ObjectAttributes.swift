internal import StrongroomCrypto

/// What the row keeps sealed: everything derived from the plaintext or told by the user.
///
/// Byte map of the plaintext, version 1: version u8 = 1, then fields (`FieldWriter`):
///
///     tag  value
///      1   ETag (UTF-8, without quotes)
///      2   content type (UTF-8), absent where none was given
///      3   user metadata: for each, in byte order of the names: nameLength u16 | name | valueLength u16 | value
///      4   Cache-Control, 5 Content-Disposition, 6 Content-Encoding, 7 Content-Language, 8 Expires (UTF-8 each),
///          absent where none was given
///      9   tags, as user metadata
///     10   checksums: for each, in order of the algorithms: algorithm u8 | type u8 | digest, the type being
///          1 (full object), or 2 (composite) with the number of parts u16 between type and digest
struct ObjectAttributes: Equatable, Sendable {
    static let formatVersion: UInt8 = 1
    /// Always this one, whatever seals the payload: a listing opens them without asking.
    static let suite = SealedStreamSuite.aes256GCM

    var etag: String
    var contentType: String?
    var metadata: [String: String]
    var headers = ContentHeaders()
    var tags: [String: String] = [:]
    /// In order of the algorithms.
    var checksums: [ObjectChecksum] = []

    func encoded() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 96)
        writer.put(1, text: etag)
        if let contentType { writer.put(2, text: contentType) }
        if !metadata.isEmpty { writer.put(3, Self.encode(metadata)) }
        for (tag, text) in zip(UInt16(4)..., headers.inOrder) {
            if let text { writer.put(tag, text: text) }
        }
        if !tags.isEmpty { writer.put(9, Self.encode(tags)) }
        if !checksums.isEmpty {
            writer.put(10, checksums.flatMap(\.encoded))
        }
        return [Self.formatVersion] + writer.bytes
    }

    static func encode(_ metadata: [String: String]) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ text: String) {
            bytes.append(UInt8(truncatingIfNeeded: text.utf8.count))
            bytes.append(UInt8(truncatingIfNeeded: text.utf8.count >> 8))
            bytes.append(contentsOf: text.utf8)
        }
        let byName = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (name, value) in byName {
            append(name)
            append(value)
        }
        return bytes
    }
}

extension ObjectAttributes {
    init(decoding bytes: [UInt8]) throws(FieldReader.Malformed) {
        guard bytes.first == Self.formatVersion else { throw .init(reason: "the attribute block's version is unknown") }
        var reader = FieldReader(bytes.dropFirst())
        etag = try reader.text(1)
        contentType = try reader.optionalText(2)
        metadata = [:]
        if let bytes = try reader.optional(3) { metadata = try Self.decodeMetadata(bytes) }
        headers.cacheControl = try reader.optionalText(4)
        headers.contentDisposition = try reader.optionalText(5)
        headers.contentEncoding = try reader.optionalText(6)
        headers.contentLanguage = try reader.optionalText(7)
        headers.expires = try reader.optionalText(8)
        if let bytes = try reader.optional(9) { tags = try Self.decodeMetadata(bytes) }
        if let bytes = try reader.optional(10) { checksums = try Self.decodeChecksums(bytes) }
        try reader.finish()
    }

    private static func decodeChecksums(
        _ bytes: ArraySlice<UInt8>
    ) throws(FieldReader.Malformed) -> [ObjectChecksum] {
        var rest = bytes
        var checksums: [ObjectChecksum] = []
        repeat {
            guard let checksum = ObjectChecksum(takingFrom: &rest),
                checksums.last.map({ $0.number < checksum.number }) ?? true
            else { throw .init(reason: "the checksums cannot be read") }
            checksums.append(checksum)
        } while !rest.isEmpty
        return checksums
    }

    static func decodeMetadata(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) -> [String: String] {
        var rest = bytes
        var metadata: [String: String] = [:]
        func take() throws(FieldReader.Malformed) -> String {
            guard let low = rest.popFirst(), let high = rest.popFirst() else {
                throw .init(reason: "the user metadata is cut off")
            }
            let count = Int(low) | Int(high) << 8
            guard rest.count >= count, let text = String(validating: rest.prefix(count), as: UTF8.self) else {
                throw .init(reason: "the user metadata is cut off or not UTF-8")
            }
            rest = rest.dropFirst(count)
            return text
        }
        var lastName: String?
        // Like the encoder: never empty, in byte order, each name once. Two names that Unicode takes for one
        // were never in one dictionary.
        repeat {
            let name = try take()
            let isInOrder = lastName.map { $0.utf8.lexicographicallyPrecedes(name.utf8) } ?? true
            guard isInOrder, metadata.updateValue(try take(), forKey: name) == nil else {
                throw .init(reason: "the user metadata's names are out of order or repeated")
            }
            lastName = name
        } while !rest.isEmpty
        return metadata
    }
}
