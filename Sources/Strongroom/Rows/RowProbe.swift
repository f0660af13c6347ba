/// What the decoders of the engine's rows accept, held against what the encoders write: for fuzzers, which hand in any
/// bytes. In the store a MAC is checked first, but a locked store looks at rows without it.
package enum RowProbe {
    /// False where `value` is taken for an object's row that would be written in other bytes.
    package static func isCanonical(object value: [UInt8]) -> Bool {
        guard let row = try? ObjectRow(decoding: value) else { return true }
        return row.encodedWithoutMAC() == Array(value.dropLast(ObjectRow.macBytes))
    }

    /// False where `value` is taken for a bucket's row that would be written in other bytes.
    package static func isCanonical(bucket value: [UInt8]) -> Bool {
        guard let row = try? BucketRow(decoding: value) else { return true }
        return row.encodedWithoutMAC() == Array(value.dropLast(ObjectRow.macBytes))
    }

    /// False where `bytes` are taken for attributes that would be written in other bytes.
    package static func isCanonical(attributes bytes: [UInt8]) -> Bool {
        guard let attributes = try? ObjectAttributes(decoding: bytes) else { return true }
        return attributes.encoded() == bytes
    }
}
