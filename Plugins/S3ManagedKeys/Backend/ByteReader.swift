package import StrongroomKeys

/// Reads fields of the keyring file in order, and nothing beyond its end.
package struct ByteReader {
    private let content: [UInt8]
    private var offset: Int

    package init(_ content: [UInt8], from offset: Int = 0) {
        self.content = content
        self.offset = offset
    }

    package var remainingCount: Int { content.count - offset }

    package mutating func bytes(_ count: Int) throws(KeyBackendError) -> [UInt8] {
        guard count <= remainingCount else { throw KeyringDocument.damaged("it ends too early") }
        defer { offset += count }
        return Array(content[offset..<offset + count])
    }

    package mutating func integer<Integer: FixedWidthInteger & UnsignedInteger>(
        _: Integer.Type
    ) throws(KeyBackendError) -> Integer {
        let value = try integer(Integer.self, at: offset)
        offset += Integer.bitWidth / 8
        return value
    }

    /// Little-endian.
    package func integer<Integer: FixedWidthInteger & UnsignedInteger>(
        _: Integer.Type, at position: Int
    ) throws(KeyBackendError) -> Integer {
        let size = Integer.bitWidth / 8
        guard position >= 0, position <= content.count - size else {
            throw KeyringDocument.damaged("it ends too early")
        }
        return content[position..<position + size].reversed().reduce(0) { $0 << 8 | Integer($1) }
    }
}
