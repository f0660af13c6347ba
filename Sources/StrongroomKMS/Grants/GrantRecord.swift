internal import StrongroomKeys

/// A grant as the registry keeps it.
struct GrantRecord: Sendable, Equatable {
    let id: GrantID
    let createdMilliseconds: Int64
    /// Empty where none was given.
    let name: String
    /// Who may do the operations: an ARN.
    let granteePrincipal: String
    /// Who may give the grant up, beside those whom the key's policy lets; empty where nobody was named.
    let retiringPrincipal: String
    /// Who made it: an ARN.
    let issuer: String
    let operations: Set<GrantOperation>
    let constraint: GrantConstraint?
    let tokenProof: [UInt8]

    /// Whether one is asked for that is there already, but for its id: with a name that makes no second grant.
    func isSame(as other: GrantRecord) -> Bool {
        !name.isEmpty && name == other.name && granteePrincipal == other.granteePrincipal
            && retiringPrincipal == other.retiringPrincipal && issuer == other.issuer
            && operations == other.operations && constraint == other.constraint
    }

    func allows(_ operation: GrantOperation, to principal: KeyPrincipal, _ context: EncryptionContext) -> Bool {
        operations.contains(operation) && principal.isKnown(as: granteePrincipal)
            && (!operation.hasEncryptionContext || constraint?.allows(context) ?? true)
    }

    /// Whether it gives nobody more than this grant gives its grantee.
    func includes(_ other: GrantRecord) -> Bool {
        guard other.operations.isSubset(of: operations) else { return false }
        guard let constraint else { return true }
        return other.constraint?.isAtLeastAsStrict(as: constraint) ?? false
    }
}
