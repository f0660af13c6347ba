internal import StrongroomKMS
internal import StrongroomKeys
internal import SystemPackage

@Sendable func status(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let status = try await call.service.status(as: call.requester)
    let keyID = try call.members.optional("keyId")
    var answer: [String: JSONValue] = [
        "backend": .string(KMSKeys.name), "version": .string(KMSKeys.version), "keyringId": .string(status.keyringID),
        "rootKey": .string(status.isOpenedByPassphrase ? "passphrase" : "file"), "account": .string(status.account),
        "region": .string(status.region), "defaultKeyId": .string(status.defaultKeyARN),
        "keyCount": .number(String(status.keyCount)), "aliasCount": .number(String(status.aliasCount)),
        "requests": requests(status.requestCounts), "requestCost": .string(status.requestCost),
        "throttledCount": .number(String(status.throttledCount)),
        "relatedKeysAgree": .boolean(status.relatedKeysAgree),
    ]
    if let keyID {
        answer["keyId"] = .string(keyID)
        answer["requests"] = requests(try await call.service.requestCounts(of: keyID, as: call.requester))
        answer["origins"] = .array(origins(try await call.service.meteredRequests(of: keyID, as: call.requester)))
    }
    return .object(answer)
}

private func requests(_ counts: [KeyOperation: Int]) -> JSONValue {
    .object(Dictionary(uniqueKeysWithValues: counts.map { ($0.key.description, .number(String($0.value))) }))
}

/// As many as an answer has room for, those with the most requests first.
private func origins(_ metered: [MeteredRequests]) -> [JSONValue] {
    metered.prefix(1_000).map { row in
        var members: [String: JSONValue] = ["requests": requests(row.counts), "cost": .string(row.cost)]
        switch row.origin {
        case .bucket(let name):
            members["origin"] = .string("bucket")
            members["bucket"] = .string(name)
        case .elsewhere: members["origin"] = .string("elsewhere")
        case .others: members["origin"] = .string("others")
        }
        return .object(members)
    }
}

@Sendable func replaceRootKey(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    // Whose keys these are decides nothing about the keyring: that is the application's own.
    guard call.requester.caller == nil else {
        throw KeyServiceError(.accessDenied, "Only the application itself replaces the root key of its keyring.")
    }
    let path = try call.members.optional("rootKeyFile")
    do throws(KeyBackendError) {
        if let path {
            try await call.service.replaceRootKey(.file(FilePath(path)))
        } else {
            try await call.service.replaceRootKey(.recorded)
        }
    } catch {
        throw KeyServiceError(error)
    }
    return .object(["rootKey": .string("file")])
}
