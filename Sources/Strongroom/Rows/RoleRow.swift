/// What the row of a role says, which is sealed (`SealedRows`). The name stands in the row's key.
///
/// Byte map of the content, all of it fields (`FieldWriter`):
///
///     tag  value
///      1   role id (20, `AROA` and 16 of A-Z2-7)
///      2   created, ms since 1970, i64
///      3   LSN u64 of the last change
///      4   how long sessions may be, s, u32
///      5   trust policy (UTF-8)
///      6   policies (`NamedPolicies`), absent where there are none
struct RoleRow: Equatable, Sendable {
    var id: String
    var createdMilliseconds: Int64
    var lsn: UInt64
    var sessionSecondsMax: UInt32
    var trustPolicy: String
    var policies: [String: String] = [:]

    func encoded() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 128 + trustPolicy.utf8.count)
        writer.put(1, text: id)
        writer.put(2, integer: createdMilliseconds)
        writer.put(3, integer: lsn)
        writer.put(4, integer: sessionSecondsMax)
        writer.put(5, text: trustPolicy)
        if !policies.isEmpty { writer.put(6, NamedPolicies.encoded(policies)) }
        return writer.bytes
    }
}

extension RoleRow {
    init(decoding content: [UInt8]) throws(FieldReader.Malformed) {
        var reader = FieldReader(content)
        id = try reader.text(1)
        guard UserIdentifier.role.isMade(id) else { throw .init(reason: "the role's id is not one") }
        createdMilliseconds = try reader.integer(2)
        lsn = try reader.integer(3)
        sessionSecondsMax = try reader.integer(4)
        trustPolicy = try reader.text(5)
        if let bytes = try reader.optional(6) { policies = try NamedPolicies.decode(bytes) }
        try reader.finish()
    }
}
