/// What temporary credentials say of themselves. Nothing of it is kept: it stands, sealed, in the token that whoever
/// has them sends with each request.
///
/// Byte map of the content, all of it fields (`FieldWriter`):
///
///     tag  value
///      1   id (20, `ASIA` and 16 of A-Z2-7)
///      2   the user's name
///      3   the user's id (20, `AIDA` and 16 of A-Z2-7)
///      4   id of the access key that asked for them (20, `AKIA` and 16 of A-Z2-7)
///      5   issued, ms since 1970, i64
///      6   end, ms since 1970, i64
///      7   when a code of the user's second factor was used, ms since 1970, i64; absent where none was
///      8   of a role's session, the role's name; absent for others, and then 9 to 11 are absent as well
///      9   the role's id (20, `AROA` and 16 of A-Z2-7)
///     10   the session's name
///     11   the session policy (UTF-8); absent where there is none
///
/// The user of a role's session is the one whose access key assumed the role, or the first of several, one after the
/// other: with that key all of them end.
package struct Session: Equatable, Sendable {
    /// What requests name as their access key.
    package var id: String
    package var userName: String
    package var userID: String
    package var accessKeyID: String
    package var issuedMilliseconds: Int64
    package var expiresMilliseconds: Int64
    package var secondFactorMilliseconds: Int64?
    /// Nil where they are the user's.
    package var role: AssumedRole?

    func encoded() -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 192)
        writer.put(1, text: id)
        writer.put(2, text: userName)
        writer.put(3, text: userID)
        writer.put(4, text: accessKeyID)
        writer.put(5, integer: issuedMilliseconds)
        writer.put(6, integer: expiresMilliseconds)
        if let secondFactorMilliseconds { writer.put(7, integer: secondFactorMilliseconds) }
        if let role {
            writer.put(8, text: role.name)
            writer.put(9, text: role.id)
            writer.put(10, text: role.sessionName)
            if let policy = role.sessionPolicy { writer.put(11, text: policy) }
        }
        return writer.bytes
    }
}

extension Session {
    init(decoding content: [UInt8]) throws(FieldReader.Malformed) {
        var reader = FieldReader(content)
        id = try reader.text(1)
        userName = try reader.text(2)
        userID = try reader.text(3)
        accessKeyID = try reader.text(4)
        issuedMilliseconds = try reader.integer(5)
        expiresMilliseconds = try reader.integer(6)
        secondFactorMilliseconds = try reader.optionalInteger(7)
        role = try AssumedRole(reading: &reader)
        try reader.finish()
        guard UserIdentifier.session.isMade(id), UserIdentifier.user.isMade(userID),
            UserIdentifier.accessKey.isMade(accessKeyID), UserName.isUserName(userName)
        else { throw .init(reason: "an id or a name is not one") }
    }
}
