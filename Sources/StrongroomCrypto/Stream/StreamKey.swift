/// What sealed streams are keyed by: a secret of 32 bytes as it is, or prepared for many streams.
package protocol StreamKey: ~Copyable {
    /// HKDF-Expand-SHA512 under the key, lent to `body`.
    borrowing func withExpanded<R>(
        info: [UInt8], count: Int, _ body: (RawSpan) throws(SealError) -> R
    ) throws(SealError) -> R
}

extension SecretBytes: StreamKey {
    package borrowing func withExpanded<R>(
        info: [UInt8], count: Int, _ body: (RawSpan) throws(SealError) -> R
    ) throws(SealError) -> R {
        try PreparedKey(self).withExpanded(info: info, count: count, body)
    }
}

/// A key with HMAC's two blocks hashed: a quarter of the work of deriving a stream's keys. For a key
/// that wraps many keys or seals many rows, and for a data key of which several keys are derived.
package struct PreparedKey: ~Copyable, StreamKey, Sendable {
    private let hmac: HMAC<SHA512>

    /// Refuses keys of any size but 32 bytes. The secret itself is not kept.
    package init(_ key: borrowing SecretBytes) throws(SealError) {
        guard key.count == SealedStreamGeometry.keySizeBytes else {
            throw SealError(
                .invalidKeySize,
                "a key of \(key.count) bytes was given where \(SealedStreamGeometry.keySizeBytes) are needed. "
                    + "Look for the fault in the key backend that made it.")
        }
        do {
            hmac = try HMAC<SHA512>(key: key)
        } catch {
            throw SealError(secretMemory: error)
        }
    }

    package borrowing func withExpanded<R>(
        info: [UInt8], count: Int, _ body: (RawSpan) throws(SealError) -> R
    ) throws(SealError) -> R {
        try HKDF<SHA512>.withExpanded(hmac, info: info, count: count, body)
    }

    /// HKDF-Expand-SHA512 under the key, to be kept.
    package borrowing func expand(info: [UInt8], count: Int) throws(SealError) -> SecretBytes {
        do {
            return try HKDF<SHA512>.expand(hmac, info: info, count: count)
        } catch {
            throw SealError(secretMemory: error)
        }
    }
}
