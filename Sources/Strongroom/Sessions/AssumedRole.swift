/// The role whose session temporary credentials are.
package struct AssumedRole: Equatable, Sendable {
    package var name: String
    /// Unlike the name, never another role's.
    package var id: String
    /// Whoever assumed the role calls the session so.
    package var sessionName: String
    /// What the session may do at most, beside what the role may: a document in the IAM policy language.
    package var sessionPolicy: String?

    package init(name: String, id: String, sessionName: String, sessionPolicy: String? = nil) {
        (self.name, self.id, self.sessionName, self.sessionPolicy) = (name, id, sessionName, sessionPolicy)
    }
}

extension AssumedRole {
    /// Nil where there are no such fields.
    init?(reading reader: inout FieldReader) throws(FieldReader.Malformed) {
        guard let name = try reader.optionalText(8) else { return nil }
        self.init(
            name: name, id: try reader.text(9), sessionName: try reader.text(10),
            sessionPolicy: try reader.optionalText(11))
        guard UserName.isRoleName(name), UserIdentifier.role.isMade(id), UserName.isSessionName(sessionName) else {
            throw .init(reason: "a role's id or name is not one")
        }
    }
}
