internal import StrongroomKeys

/// Policies of a user or of a role in its row.
///
/// For each, in byte order of the names:
///
///     nameLength u8 | name | documentLength u32 | document (UTF-8)
enum NamedPolicies {
    static func encoded(_ policies: [String: String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, document) in policies.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            bytes.append(UInt8(name.utf8.count))
            bytes.append(contentsOf: name.utf8)
            bytes.appendLittleEndian(UInt32(document.utf8.count))
            bytes.append(contentsOf: document.utf8)
        }
        return bytes
    }

    /// Of one policy at least: a row without any has no such field.
    static func decode(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) -> [String: String] {
        var rest = bytes
        var policies: [String: String] = [:]
        var lastName: String?
        func text(_ count: Int) throws(FieldReader.Malformed) -> String {
            guard rest.count >= count, let text = String(validating: rest.prefix(count), as: UTF8.self) else {
                throw .init(reason: "a policy is cut off or not UTF-8")
            }
            rest = rest.dropFirst(count)
            return text
        }
        repeat {
            guard let nameCount = rest.popFirst() else { throw .init(reason: "there are no policies") }
            let name = try text(Int(nameCount))
            let isInOrder = lastName.map { $0.utf8.lexicographicallyPrecedes(name.utf8) } ?? true
            guard isInOrder, UserName.isPolicyName(name) else { throw .init(reason: "a policy's name is not one") }
            guard let count = rest.popLittleEndian(UInt32.self) else { throw .init(reason: "a policy is cut off") }
            policies[name] = try text(Int(count))
            lastName = name
        } while !rest.isEmpty
        return policies
    }
}

extension ArraySlice<UInt8> {
    /// Nil where there are not as many bytes.
    mutating func popLittleEndian<Integer: FixedWidthInteger>(_: Integer.Type) -> Integer? {
        let sizeBytes = Integer.bitWidth / 8
        guard count >= sizeBytes else { return nil }
        defer { self = dropFirst(sizeBytes) }
        return prefix(sizeBytes).reversed().reduce(0) { $0 << 8 | Integer(truncatingIfNeeded: $1) }
    }
}
