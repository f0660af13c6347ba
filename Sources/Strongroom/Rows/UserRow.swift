internal import StrongroomKeys

/// What the row of a user says, which is sealed (`SealedRows`). The name stands in the row's key.
///
/// Byte map of the content, all of it fields (`FieldWriter`):
///
///     tag  value
///      1   user id (20, `AIDA` and 16 of A-Z2-7)
///      2   created, ms since 1970, i64
///      3   LSN u64 of the last change
///      4   u8 = 1 for an administrator; absent for others
///      5   policies (`NamedPolicies`), absent where there are none
///      6   access keys, absent where there are none: for each, in the order in which they were made:
///          id (20, `AKIA` and 16 of A-Z2-7) | created i64 | state u8 (0 inactive, 1 active) | secret (112, sealed
///          under a key of its own for this row's key and this id)
///      7   second factor, absent where there is none: created i64 | the last step whose code was used u64 (0 before
///          the first) | secret (92, sealed under a key of its own for this row's key and the user's id)
struct UserRow: Equatable, Sendable {
    struct Key: Equatable, Sendable {
        static let sizeBytes = UserIdentifier.sizeBytes + 8 + 1 + SealedRows.sealedSecretBytes

        var id: String
        var createdMilliseconds: Int64
        var isActive: Bool
        var sealedSecret: [UInt8]
    }

    struct SecondFactor: Equatable, Sendable {
        static let sizeBytes = 8 + 8 + SealedRows.sealedFactorBytes

        var createdMilliseconds: Int64
        /// Codes of this step, and of those before it, are used up.
        var lastStep: UInt64
        var sealedSecret: [UInt8]
    }

    var id: String
    var createdMilliseconds: Int64
    var lsn: UInt64
    var isAdministrator: Bool
    var policies: [String: String] = [:]
    var keys: [Key] = []
    var secondFactor: SecondFactor?

    func encoded() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 128)
        writer.put(1, text: id)
        writer.put(2, integer: createdMilliseconds)
        writer.put(3, integer: lsn)
        if isAdministrator { writer.put(4, [1]) }
        if !policies.isEmpty { writer.put(5, NamedPolicies.encoded(policies)) }
        if !keys.isEmpty { writer.put(6, encodedKeys) }
        if let secondFactor { writer.put(7, secondFactor.encoded()) }
        return writer.bytes
    }

    private var encodedKeys: [UInt8] {
        var bytes: [UInt8] = []
        for key in keys {
            bytes.append(contentsOf: key.id.utf8)
            bytes.appendLittleEndian(UInt64(bitPattern: key.createdMilliseconds))
            bytes.append(key.isActive ? 1 : 0)
            bytes.append(contentsOf: key.sealedSecret)
        }
        return bytes
    }
}

extension UserRow {
    init(decoding content: [UInt8]) throws(FieldReader.Malformed) {
        var reader = FieldReader(content)
        id = try reader.text(1)
        guard UserIdentifier.user.isMade(id) else { throw .init(reason: "the user's id is not one") }
        createdMilliseconds = try reader.integer(2)
        lsn = try reader.integer(3)
        isAdministrator = try reader.flag(4)
        if let bytes = try reader.optional(5) { policies = try NamedPolicies.decode(bytes) }
        if let bytes = try reader.optional(6) { keys = try Self.decodeKeys(bytes) }
        if let bytes = try reader.optional(7) { secondFactor = try SecondFactor(decoding: bytes) }
        try reader.finish()
    }

    private static func decodeKeys(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) -> [Key] {
        guard !bytes.isEmpty, bytes.count.isMultiple(of: Key.sizeBytes) else {
            throw .init(reason: "an access key is cut off")
        }
        var rest = bytes
        var keys: [Key] = []
        repeat {
            let id = String(decoding: rest.prefix(UserIdentifier.sizeBytes), as: UTF8.self)
            rest = rest.dropFirst(UserIdentifier.sizeBytes)
            guard UserIdentifier.accessKey.isMade(id), !keys.contains(where: { $0.id == id }),
                let created = rest.popLittleEndian(Int64.self), let state = rest.popFirst(), state <= 1
            else { throw .init(reason: "an access key is not one") }
            keys.append(
                Key(
                    id: id, createdMilliseconds: created, isActive: state == 1,
                    sealedSecret: Array(rest.prefix(SealedRows.sealedSecretBytes))))
            rest = rest.dropFirst(SealedRows.sealedSecretBytes)
        } while !rest.isEmpty
        return keys
    }
}

extension UserRow.SecondFactor {
    fileprivate func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt64(bitPattern: createdMilliseconds))
        bytes.appendLittleEndian(lastStep)
        return bytes + sealedSecret
    }

    fileprivate init(decoding bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        var rest = bytes
        guard rest.count == Self.sizeBytes, let created = rest.popLittleEndian(Int64.self),
            let lastStep = rest.popLittleEndian(UInt64.self)
        else { throw .init(reason: "the second factor is cut off") }
        self.init(createdMilliseconds: created, lastStep: lastStep, sealedSecret: Array(rest))
    }
}
