internal import StrongroomKMS
internal import StrongroomKeys

extension KeyMetadata {
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "keyId": .string(arn), "id": .string(keyID), "state": .string(state.description),
            "manager": .string(manager == .customer ? "customer" : "service"), "origin": .string(origin.rawValue),
            "description": .string(keyDescription), "createdMilliseconds": .number(String(createdMilliseconds)),
            "versionCount": .number(String(materialCount)),
        ]
        if let currentMaterialID { members["currentVersion"] = .string(currentMaterialID) }
        if let pendingMaterialID { members["pendingVersion"] = .string(pendingMaterialID) }
        if let deletionMilliseconds { members["deletionMilliseconds"] = .number(String(deletionMilliseconds)) }
        if let expiryMilliseconds { members["expiryMilliseconds"] = .number(String(expiryMilliseconds)) }
        if let days = pendingDeletionWindowDays { members["pendingDeletionWindowInDays"] = .number(String(days)) }
        if let multiRegion {
            members["multiRegion"] = .object([
                "keyType": .string(multiRegion.keyType.rawValue), "primaryKeyId": .string(multiRegion.primaryKeyARN),
                "replicaKeyIds": .array(multiRegion.replicaKeyARNs.map { .string($0) }),
            ])
        }
        return .object(members)
    }
}

extension KeyMetadata {
    /// With what the stores of the process say is under the key.
    func json(with dependencies: KeyDependencies) -> JSONValue {
        guard case .object(var members) = json else { return json }
        members["dependencies"] = dependencies.json
        return .object(members)
    }
}

extension KeyRotation {
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "version": .string(materialID), "createdMilliseconds": .number(String(createdMilliseconds)),
            "cause": .string(cause.rawValue), "isCurrent": .boolean(isCurrent), "state": .string(state.rawValue),
        ]
        if let rotatedMilliseconds { members["rotatedMilliseconds"] = .number(String(rotatedMilliseconds)) }
        if let importState { members["importState"] = .string(importState.rawValue) }
        if let expiryMilliseconds { members["expiryMilliseconds"] = .number(String(expiryMilliseconds)) }
        return .object(members)
    }
}

extension KeyRotationStatus {
    var json: JSONValue {
        var members: [String: JSONValue] = ["keyId": .string(arn), "isAutomatic": .boolean(periodDays != nil)]
        if let periodDays { members["rotationPeriodInDays"] = .number(String(periodDays)) }
        if let nextMilliseconds { members["nextRotationMilliseconds"] = .number(String(nextMilliseconds)) }
        return .object(members)
    }
}

extension KeyLastUsage {
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "keyId": .string(arn), "createdMilliseconds": .number(String(createdMilliseconds)),
            "trackingStartMilliseconds": .number(String(trackingStartMilliseconds)),
        ]
        if let last {
            members["lastOperation"] = .string(last.operation.description)
            members["lastMilliseconds"] = .number(String(last.milliseconds))
            members["lastRequestId"] = .string(last.requestID)
        }
        return .object(members)
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

extension KeyGrant {
    var members: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "grantId": .string(grantID), "keyId": .string(keyARN), "granteePrincipal": .string(granteePrincipal),
            "issuingPrincipal": .string(issuingPrincipal),
            "operations": .array(operations.map { .string($0.description) }),
            "createdMilliseconds": .number(String(createdMilliseconds)),
        ]
        if let name { members["name"] = .string(name) }
        if let retiringPrincipal { members["retiringPrincipal"] = .string(retiringPrincipal) }
        switch constraint {
        case nil: break
        case .equals(let context): members["encryptionContextEquals"] = context.json
        case .includes(let context): members["encryptionContextSubset"] = context.json
        }
        return members
    }
}

extension EncryptionContext {
    fileprivate var json: JSONValue {
        // A name in two spellings, which older keyrings may have, is one member here, and must not end the process.
        .object(Dictionary(pairs.map { ($0.name, JSONValue.string($0.value)) }) { first, _ in first })
    }
}

extension KeyPage {
    /// Three quarters of what an answer may have; the rest is for what stands around them.
    private static var itemSizeBytesMax: Int { 768 << 10 }

    /// As many items as an answer has room for, at least one: the next page begins with the first that is left out.
    func json(_ name: String, marker: (Item) -> String, _ item: (Item) -> JSONValue) -> JSONValue {
        var (listed, sizeBytes, next): ([JSONValue], Int, String?) = ([], 0, nextMarker)
        for entry in items {
            let value = item(entry)
            sizeBytes += value.encoded().count
            guard listed.isEmpty || sizeBytes <= Self.itemSizeBytesMax else {
                next = marker(entry)
                break
            }
            listed.append(value)
        }
        var members = [name: JSONValue.array(listed)]
        if let next { members["nextMarker"] = .string(next) }
        return .object(members)
    }
}
