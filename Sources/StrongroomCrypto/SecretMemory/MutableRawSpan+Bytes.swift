internal import COpenSSL

extension MutableRawSpan {
    /// Replaces the bytes from `offset` on by `bytes`.
    package mutating func overwrite(with bytes: RawSpan, at offset: Int = 0) {
        precondition(
            offset >= 0 && bytes.byteCount <= byteCount - offset,
            "\(bytes.byteCount) bytes at \(offset) do not fit into \(byteCount)")
        unsafe withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                // Safe: checked above that the rest of the target is no smaller.
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
            }
        }
    }

    /// Zeroes all bytes, even where the compiler sees that nobody reads them again.
    package mutating func wipe() {
        unsafe withUnsafeMutableBytes { bytes in
            // Safe: within the span.
            unsafe OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        }
    }
}
