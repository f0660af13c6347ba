internal import StrongroomCrypto

/// The stored form of a payload in mode *none*: the plaintext in chunks, each followed by a MAC under a
/// key derived from the bucket's metadata key, so that an object that is not encrypted is still never
/// altered, swapped or cut off unnoticed, in range reads too.
///
///     chunk = 16 KiB of plaintext ‖ HMAC-SHA256(key, object uid ‖ chunk number ‖ plaintext)[0..<16]
///
/// The last chunk is always shorter than 16 KiB, empty if need be: a full last chunk means truncation.
/// The same geometry as the sealed stream's (c2sp.org/chunked-encryption), without its header.
struct ClearStream: Sendable {
    static let chunkBytes = 16_384
    static let tagBytes = 16

    private let authenticator: MessageAuthenticator
    private let objectUID: [UInt8]

    init(_ bucketKeys: BucketKeys, objectUID: [UInt8]) {
        authenticator = bucketKeys.clearPayloads
        self.objectUID = objectUID
    }

    static func storedBytes(plaintextBytes: UInt64) -> UInt64 {
        plaintextBytes + (plaintextBytes / UInt64(chunkBytes) + 1) * UInt64(tagBytes)
    }

    func tag(_ chunk: ArraySlice<UInt8>, number: UInt64) throws(StoreError) -> [UInt8] {
        var fields = FieldWriter(reservingBytes: 96 + chunk.count)
        fields.put(1, text: "strongroom/clear@v1")
        fields.put(2, objectUID)
        fields.put(3, integer: number)
        fields.put(4, chunk)
        do throws(SecretMemoryError) {
            return Array(try authenticator.code(for: fields.bytes).prefix(Self.tagBytes))
        } catch {
            throw StoreError(error)
        }
    }

    /// The chunk's plaintext, or nil where it is not what was written at this place.
    func open(_ stored: ArraySlice<UInt8>, number: UInt64) throws(StoreError) -> ArraySlice<UInt8>? {
        guard stored.count >= Self.tagBytes else { return nil }
        let chunk = stored.dropLast(Self.tagBytes)
        let expected = try tag(chunk, number: number)
        guard ConstantTime.areEqual(expected, stored.suffix(Self.tagBytes)) else { return nil }
        return chunk
    }
}

/// Writes a `ClearStream` from slices of any size.
struct ClearStreamWriter {
    private let stream: ClearStream
    private var pending: [UInt8] = []
    private var number: UInt64 = 0

    init(_ stream: ClearStream) { self.stream = stream }

    mutating func append(_ plaintext: ArraySlice<UInt8>, to output: inout [UInt8]) throws(StoreError) {
        var rest = plaintext
        while !rest.isEmpty {
            let part = rest.prefix(ClearStream.chunkBytes - pending.count)
            pending.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            if pending.count == ClearStream.chunkBytes { try flush(to: &output) }
        }
    }

    mutating func finish(to output: inout [UInt8]) throws(StoreError) { try flush(to: &output) }

    private mutating func flush(to output: inout [UInt8]) throws(StoreError) {
        output.append(contentsOf: pending)
        output.append(contentsOf: try stream.tag(pending[...], number: number))
        pending.removeAll(keepingCapacity: true)
        number += 1
    }
}
