internal import StrongroomKMS
internal import StrongroomKeys

extension KeyMetadata {
    var json: JSONValue {
        .object([
            "keyId": .string(arn), "id": .string(keyID), "state": .string(state.description),
            "manager": .string(manager == .customer ? "customer" : "service"),
            "description": .string(keyDescription), "createdMilliseconds": .number(String(createdMilliseconds)),
            "currentVersion": .string(currentMaterialID), "versionCount": .number(String(materialCount)),
        ])
    }
}

extension KeyRotation {
    var json: JSONValue {
        .object([
            "version": .string(materialID), "createdMilliseconds": .number(String(createdMilliseconds)),
            "isCurrent": .boolean(isCurrent),
        ])
    }
}

extension AliasDescription {
    var json: JSONValue {
        .object([
            "aliasName": .string(name), "aliasArn": .string(arn), "targetKeyId": .string(targetKeyID),
            "createdMilliseconds": .number(String(createdMilliseconds)),
            "updatedMilliseconds": .number(String(updatedMilliseconds)),
        ])
    }
}

extension KeyPage {
    func json(_ name: String, _ item: (Item) -> JSONValue) -> JSONValue {
        var members = [name: JSONValue.array(items.map(item))]
        if let nextMarker { members["nextMarker"] = .string(nextMarker) }
        return .object(members)
    }
}
