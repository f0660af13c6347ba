/// HMAC-SHA-256 under one key, prepared once and used from any number of threads: rows, descriptors,
/// parts and bindings are authenticated with it, each kind under a key or label of its own.
package final class MessageAuthenticator: Sendable {
    package static let codeSizeBytes = SHA256.digestSizeBytes

    private let hmac: HMAC<SHA256>

    /// Prepares for `key`, of which nothing is kept but the hash states it leads to, in locked memory.
    package init(key: borrowing SecretBytes) throws(SecretMemoryError) {
        hmac = try HMAC(key: key)
    }

    /// The code of one message under a key that is not used again: 32 bytes.
    package static func code(for message: [UInt8], key: RawSpan) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: codeSizeBytes)
        var span = code.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        HMAC<SHA256>.authenticate(unsafe message.span.bytes, key: key, into: &raw)
        return code
    }

    /// The code of `message` in two pieces, one after the other: 32 bytes.
    package func code(for head: RawSpan, _ rest: RawSpan) throws(SecretMemoryError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Self.codeSizeBytes)
        var span = code.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        try unsafe raw.withUnsafeMutableBytes { (code) throws(SecretMemoryError) in
            try unsafe head.withUnsafeBytes { (head) throws(SecretMemoryError) in
                try unsafe rest.withUnsafeBytes { (rest) throws(SecretMemoryError) in
                    // Safe: there is room for a digest, and all buffers outlive the call.
                    try unsafe hmac.authenticate(head, rest, into: code.baseAddress!)
                }
            }
        }
        return code
    }

    /// The code of `message`: 32 bytes.
    package func code(for message: RawSpan) throws(SecretMemoryError) -> [UInt8] {
        try code(for: message, RawSpan())
    }

    /// The code of `message`: 32 bytes.
    package func code(for message: [UInt8]) throws(SecretMemoryError) -> [UInt8] {
        // Safe: a UInt8 is raw bytes.
        try code(for: unsafe message.span.bytes)
    }

    /// Whether `code` is that of `message`, compared in constant time.
    package func isValid(_ code: RawSpan, for message: RawSpan) throws(SecretMemoryError) -> Bool {
        let expected = try self.code(for: message)
        // Safe: a UInt8 is raw bytes.
        return ConstantTime.areEqual(unsafe expected.span.bytes, code)
    }

    /// Whether `code` is that of `message`, compared in constant time.
    package func isValid(_ code: [UInt8], for message: [UInt8]) throws(SecretMemoryError) -> Bool {
        // Safe: a UInt8 is raw bytes.
        try isValid(unsafe code.span.bytes, for: unsafe message.span.bytes)
    }
}
