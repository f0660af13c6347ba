internal import StrongroomKeys

/// The row of a Bucket Key: a key that a key service made for a bucket, and under which data keys are enclosed.
///
/// Byte map of the value, version 1:
///
///     version u8 = 1 | fields (`FieldWriter`) | row MAC (32)
///
///     tag  value
///      1   backend id (UTF-8)                      4   the key as the backend wrapped it
///      2   key id of the key service (UTF-8)       5   created, ms since 1970, i64
///      3   key version (UTF-8)                     6   the caller's encryption context; absent where there is none
///
/// Durable no later than the first object that names it, and there as long as its bucket: what an object's row names is
/// never gone.
struct BucketKeyRow: Equatable, Sendable {
    static let formatVersion: UInt8 = 1

    var backendID: String
    var wrapped: WrappedDataKey
    var createdMilliseconds: Int64
    var context: EncryptionContext

    func encodedWithoutMAC() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 256)
        writer.put(1, text: backendID)
        writer.put(2, text: wrapped.keyID)
        writer.put(3, text: wrapped.keyVersion)
        writer.put(4, wrapped.bytes)
        writer.put(5, integer: createdMilliseconds)
        if context != .empty { writer.put(6, context.canonicalBytes) }
        return [Self.formatVersion] + writer.bytes
    }
}

extension BucketKeyRow {
    init(decoding value: [UInt8]) throws(FieldReader.Malformed) {
        guard value.count > 1 + ObjectRow.macBytes, value[0] == Self.formatVersion else {
            throw .init(reason: "the row is no Bucket Key's")
        }
        var reader = FieldReader(value.dropFirst().dropLast(ObjectRow.macBytes))
        backendID = try reader.text(1)
        wrapped = WrappedDataKey(
            keyID: try reader.text(2), keyVersion: try reader.text(3), bytes: Array(try reader.required(4)))
        createdMilliseconds = try reader.integer(5)
        context = .empty
        if let bytes = try reader.optional(6) {
            guard let found = EncryptionContext(canonicalBytes: Array(bytes)), found != .empty else {
                throw .init(reason: "the encryption context is not one")
            }
            context = found
        }
        try reader.finish()
    }
}
