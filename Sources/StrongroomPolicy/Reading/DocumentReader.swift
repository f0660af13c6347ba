/// Reads a policy's outermost object.
enum DocumentReader {
    static func document(
        _ value: LocatedJSON, _ attachment: PolicyDocument.Attachment
    ) throws(PolicyFault) -> PolicyDocument {
        let elements = try value.elements(of: "A policy", known: ["Version", "Id", "Statement"])
        let version = try version(elements["Version"])
        var id: String?
        if let element = elements["Id"] { id = String(decoding: try element.string("Id"), as: UTF8.self) }
        guard let list = elements["Statement"] else {
            throw PolicyFault(
                .missingElement, at: value.offset, "The policy has no Statement; give it one, or an array of them.")
        }
        let reader = StatementReader(allowsVariables: version == .v2012, attachment: attachment)
        var statements: [PolicyStatement] = []
        var sids: Set<[UInt8]> = []
        for element in try list.oneOrMore("Statement") {
            let statement = try reader.statement(element)
            if let sid = statement.sid, !sids.insert(Array(sid.utf8)).inserted {
                throw PolicyFault(
                    .duplicateSid, at: element.offset,
                    "Two statements have the Sid '\(sid)', so that no audit can tell them apart; rename one.")
            }
            statements.append(statement)
        }
        try checkVariables(statements)
        return PolicyDocument(version: version, id: id, statements: statements)
    }

    private static func version(_ element: LocatedJSON?) throws(PolicyFault) -> PolicyDocument.Version {
        guard let element else { return .v2008 }
        guard let version = try element.string("Version").asciiText.flatMap(PolicyDocument.Version.init) else {
            throw PolicyFault(
                .invalidValue, at: element.offset,
                "The policy language has no such version; write \"2012-10-17\", or \"2008-10-17\".")
        }
        return version
    }

    private static func checkVariables(_ statements: [PolicyStatement]) throws(PolicyFault) {
        let offsets = statements.flatMap(\.variablePatterns).map(\.offset).sorted()
        guard offsets.count > PolicyLimits.variableTextsMax else { return }
        throw PolicyFault(
            .tooManyVariables, at: offsets[PolicyLimits.variableTextsMax],
            "More than \(PolicyLimits.variableTextsMax) texts of the policy have variables; merge statements.")
    }
}
