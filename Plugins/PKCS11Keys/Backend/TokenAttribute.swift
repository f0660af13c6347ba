internal import CStrongroomPKCS11

/// An attribute of an object in a token, as it is asked for or given.
struct TokenAttribute: Sendable {
    let type: UInt
    let bytes: [UInt8]

    static func flag(_ type: UInt, _ value: Bool) -> TokenAttribute {
        TokenAttribute(type: type, bytes: [value ? 1 : 0])
    }

    static func number(_ type: UInt, _ value: UInt) -> TokenAttribute {
        // Safe: the integer's own bytes, in the machine's order.
        TokenAttribute(type: type, bytes: unsafe withUnsafeBytes(of: value) { unsafe Array($0) })
    }

    static func bytes(_ type: UInt, _ value: some Sequence<UInt8>) -> TokenAttribute {
        TokenAttribute(type: type, bytes: Array(value))
    }

    /// Lends a template (an array of CK_ATTRIBUTE) to `body`.
    static func withTemplate<Value>(
        _ attributes: [TokenAttribute], _ body: (UnsafeMutablePointer<strongroom_pkcs11_attribute>, UInt) -> Value
    ) -> Value {
        var room = attributes.flatMap(\.bytes)
        return unsafe withTemplate(attributes.map { ($0.type, $0.bytes.count) }, &room) { unsafe body($0, $1) }
    }

    /// Lends a template whose values lie in `room`, one after the other, each with the size that is given for it.
    static func withTemplate<Value>(
        _ parts: [(type: UInt, sizeBytes: Int)], _ room: inout [UInt8],
        _ body: (UnsafeMutablePointer<strongroom_pkcs11_attribute>, UInt) -> Value
    ) -> Value {
        precondition(parts.reduce(0) { $0 + $1.sizeBytes } == room.count && !room.isEmpty, "a template without room")
        return unsafe room.withUnsafeMutableBytes { room in
            var template: [strongroom_pkcs11_attribute] = unsafe []
            var offset = 0
            for part in parts {
                // Safe: checked above that all parts lie in the room, which outlives the template.
                unsafe template.append(
                    strongroom_pkcs11_attribute(
                        type: part.type, value: room.baseAddress! + offset, value_length: UInt(part.sizeBytes)))
                offset += part.sizeBytes
            }
            return unsafe template.withUnsafeMutableBufferPointer { template in
                unsafe body(template.baseAddress!, UInt(template.count))
            }
        }
    }
}
