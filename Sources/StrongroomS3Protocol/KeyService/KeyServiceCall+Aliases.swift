internal import StrongroomKeys

extension KeyServiceCall {
    func changeAlias(_ operation: String) async throws(KeyServiceRefusal) -> KeyServiceResult {
        _ = try await ask(operation, ["aliasName": try aliasName(), "targetKeyId": try required("TargetKeyId")])
        return .empty
    }

    func deleteAlias() async throws(KeyServiceRefusal) -> KeyServiceResult {
        _ = try await ask("delete-alias", ["aliasName": try aliasName()])
        return .empty
    }

    private func aliasName() throws(KeyServiceRefusal) -> JSONValue {
        let name = try members.required("AliasName")
        guard name.hasPrefix("alias/") else {
            throw .validation(#"Alias must start with the prefix "alias/"."#)
        }
        return .string(name)
    }

    func listAliases() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let page = try await ask(
            "list-aliases",
            ["keyId": try string("KeyId"), "limit": try integer("Limit"), "marker": try string("Marker")])
        return list("Aliases", page, page.list("aliases")) { alias in
            .object(
                present([
                    "AliasName": alias.members["aliasName"], "AliasArn": alias.members["aliasArn"],
                    "TargetKeyId": alias.members["targetKeyId"], "CreationDate": alias.time("createdMilliseconds"),
                    "LastUpdatedDate": alias.time("updatedMilliseconds"),
                ]))
        }
    }
}
