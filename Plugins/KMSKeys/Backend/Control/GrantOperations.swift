internal import StrongroomKMS
internal import StrongroomKeys

@Sendable func createGrant(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let members = call.members
    let created = try await call.service.createGrant(
        on: try members.required("keyId"), to: try members.required("granteePrincipal"),
        operations: try members.grantOperations(), constraint: try members.grantConstraint(),
        retiringPrincipal: try members.optional("retiringPrincipal"), name: try members.optional("name"),
        dryRun: try members.flag("dryRun"), as: call.requester)
    return .object(created.grant.members.merging(["grantToken": .string(created.token)]) { $1 })
}

@Sendable func listGrants(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.listGrants(
        on: try call.members.required("keyId"), granteePrincipal: try call.members.optional("granteePrincipal"),
        grantID: try call.members.optional("grantId"), limit: try call.members.limit(),
        marker: try call.members.optional("marker"), as: call.requester
    ).json("grants", marker: \.grantID) { .object($0.members) }
}

@Sendable func listRetirableGrants(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.listRetirableGrants(
        retiringPrincipal: try call.members.required("retiringPrincipal"), limit: try call.members.limit(),
        marker: try call.members.optional("marker"), as: call.requester
    ).json("grants", marker: \.grantID) { .object($0.members) }
}

@Sendable func retireGrant(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    let isDryRun = try call.members.flag("dryRun")
    if let token = try call.members.optional("grantToken") {
        guard try call.members.optional("keyId") == nil, try call.members.optional("grantId") == nil else {
            throw KeyServiceError(.validation, "Name the grant by its token, or by its key and its id, not by both.")
        }
        try await call.service.retireGrant(token: token, dryRun: isDryRun, as: call.requester)
    } else {
        try await call.service.retireGrant(
            try call.members.required("grantId"), on: try call.members.required("keyId"),
            dryRun: isDryRun, as: call.requester)
    }
    return .object([:])
}

@Sendable func revokeGrant(_ call: ControlCall) async throws(KeyServiceError) -> JSONValue {
    try await call.service.revokeGrant(
        try call.members.required("grantId"), on: try call.members.required("keyId"),
        dryRun: try call.members.flag("dryRun"), as: call.requester)
    return .object([:])
}

extension ControlMembers {
    fileprivate func grantOperations() throws(KeyServiceError) -> Set<GrantOperation> {
        var operations: Set<GrantOperation> = []
        for name in try list("operations") {
            guard let operation = GrantOperation(name: name) else {
                throw KeyServiceError(
                    .validation,
                    "'\(name.prefix(64))' cannot be granted; there are "
                        + "\(GrantOperation.allCases.map(\.description).joined(separator: ", ")).")
            }
            operations.insert(operation)
        }
        return operations
    }

    fileprivate func grantConstraint() throws(KeyServiceError) -> GrantConstraint? {
        switch (try context("encryptionContextEquals"), try context("encryptionContextSubset")) {
        case (nil, nil): return nil
        case (let context?, nil): return .equals(context)
        case (nil, let context?): return .includes(context)
        default:
            throw KeyServiceError(
                .validation, "A grant has one constraint: give encryptionContextEquals or encryptionContextSubset.")
        }
    }
}
