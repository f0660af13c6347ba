internal import StrongroomKeys

/// What a sealed key is bound to: each field with its length before it, so that no two lists of fields
/// have the same encoding.
package enum BoundContext {
    package static func encode(_ label: String, _ keyringID: [UInt8], _ fields: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in [Array(label.utf8), keyringID] + fields {
            bytes.appendLittleEndian(UInt32(field.count))
            bytes += field
        }
        return bytes
    }
}
