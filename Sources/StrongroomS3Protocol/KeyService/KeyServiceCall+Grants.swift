internal import StrongroomKeys

extension KeyServiceCall {
    func createGrant() async throws(KeyServiceRefusal) -> KeyServiceResult {
        guard let operations = try list("Operations") else { throw KeyServiceMembers.missing("Operations") }
        let constraints = try members.object("Constraints")
        try constraints?.allow(only: ["EncryptionContextEquals", "EncryptionContextSubset"])
        let grant = try await ask(
            "create-grant",
            [
                "keyId": try required("KeyId"), "granteePrincipal": try required("GranteePrincipal"),
                "retiringPrincipal": try string("RetiringPrincipal"), "operations": operations,
                "name": try string("Name"), "dryRun": try flag("DryRun"),
                "encryptionContextEquals": try constraints?.map("EncryptionContextEquals"),
                "encryptionContextSubset": try constraints?.map("EncryptionContextSubset"),
            ])
        return KeyServiceResult(["GrantToken": grant.members["grantToken"], "GrantId": grant.members["grantId"]])
    }

    func listGrants() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let page = try await ask(
            "list-grants",
            [
                "keyId": try required("KeyId"), "grantId": try string("GrantId"),
                "granteePrincipal": try string("GranteePrincipal"), "limit": try integer("Limit"),
                "marker": try string("Marker"),
            ])
        return list("Grants", page, page.list("grants"), grant)
    }

    func listRetirableGrants() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let page = try await ask(
            "list-retirable-grants",
            [
                "retiringPrincipal": try required("RetiringPrincipal"), "limit": try integer("Limit"),
                "marker": try string("Marker"),
            ])
        return list("Grants", page, page.list("grants"), grant)
    }

    /// Retired by its token or its id, revoked by its id.
    func endGrant(_ operation: String) async throws(KeyServiceRefusal) -> KeyServiceResult {
        _ = try await ask(
            operation,
            [
                "grantToken": try string("GrantToken"), "keyId": try string("KeyId"), "grantId": try string("GrantId"),
                "dryRun": try flag("DryRun"),
            ])
        return .empty
    }

    private func grant(_ grant: Reply) -> JSONValue {
        let constraints = present([
            "EncryptionContextEquals": grant.members["encryptionContextEquals"],
            "EncryptionContextSubset": grant.members["encryptionContextSubset"],
        ])
        return .object(
            present([
                "KeyId": grant.members["keyId"], "GrantId": grant.members["grantId"], "Name": grant.members["name"],
                "CreationDate": grant.time("createdMilliseconds"),
                "GranteePrincipal": grant.members["granteePrincipal"],
                "RetiringPrincipal": grant.members["retiringPrincipal"],
                "IssuingAccount": .string("arn:aws:iam::\(account):root"), "Operations": grant.members["operations"],
                "Constraints": constraints.isEmpty ? nil : .object(constraints),
            ]))
    }
}
