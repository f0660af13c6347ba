internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// What is asked for when a grant is to be made.
struct GrantRequest: Sendable {
    let granteePrincipal: String
    let retiringPrincipal: String?
    let name: String?
    let operations: Set<GrantOperation>
    let constraint: GrantConstraint?

    func check() throws(KeyServiceError) {
        try KeyPrincipal.check(granteePrincipal, "grantee")
        if let retiringPrincipal { try KeyPrincipal.check(retiringPrincipal, "retiring principal") }
        guard !operations.isEmpty else {
            throw KeyServiceError(.validation, "A grant of no operations allows nothing; name one at least.")
        }
        if let name, name.isEmpty || name.utf8.count > KeyLimits.grantNameSizeBytesMax {
            throw KeyServiceError(
                .validation, "A grant's name may have 1 to \(KeyLimits.grantNameSizeBytesMax) bytes.")
        }
        let names = constraint?.context.pairs.map(\.name) ?? []
        guard Set(names).count == names.count else {
            throw KeyServiceError(
                .validation,
                "Two names of the constraint are the same text in other bytes (Unicode's canonical equivalence); give one."
            )
        }
        guard constraint?.context != .empty else {
            throw KeyServiceError(
                .validation, "A constraint without a pair constrains nothing; give a pair, or no constraint.")
        }
    }

    func record(_ random: HostRandom, issuer: String, createdMilliseconds: Int64) -> GrantRecord {
        GrantRecord(
            id: GrantID(bytes: random.bytes(GrantID.sizeBytes)), createdMilliseconds: createdMilliseconds,
            name: name ?? "", granteePrincipal: granteePrincipal, retiringPrincipal: retiringPrincipal ?? "",
            issuer: issuer, operations: operations, constraint: constraint,
            tokenProof: random.bytes(GrantToken.proofSizeBytes))
    }

    /// What a policy can ask about it.
    func conditions(_ caller: Caller?) -> [String: [String]] {
        var conditions = [
            "kms:GranteePrincipal": [granteePrincipal],
            "kms:GrantOperations": operations.map(\.description).sorted(),
            "kms:GrantIsForAWSResource": [caller?.viaService == nil ? "false" : "true"],
        ]
        if let retiringPrincipal { conditions["kms:RetiringPrincipal"] = [retiringPrincipal] }
        if let constraint { conditions["kms:GrantConstraintType"] = [constraint.name] }
        return conditions
    }
}
