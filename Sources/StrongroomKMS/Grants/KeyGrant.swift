/// What somebody may do with a key, beside its policy, until it is retired or revoked.
public struct KeyGrant: Sendable, Hashable {
    /// Names the grant: 64 hexadecimal digits.
    public var grantID: String
    /// The key.
    public var keyARN: String
    /// What its maker called it; nil for nothing.
    public var name: String?
    /// Who may do the operations.
    public var granteePrincipal: String
    /// Who may give the grant up, beside those whom the key's policy lets; nil where nobody was named.
    public var retiringPrincipal: String?
    /// Who made it.
    public var issuingPrincipal: String
    /// What the grantee may do, in the order of ``GrantOperation``.
    public var operations: [GrantOperation]
    /// With which encryption contexts; nil for all.
    public var constraint: GrantConstraint?
    /// When it was made, in milliseconds since 1970.
    public var createdMilliseconds: Int64

    init(_ grant: GrantRecord, keyARN: String) {
        grantID = grant.id.description
        self.keyARN = keyARN
        name = grant.name.isEmpty ? nil : grant.name
        granteePrincipal = grant.granteePrincipal
        retiringPrincipal = grant.retiringPrincipal.isEmpty ? nil : grant.retiringPrincipal
        issuingPrincipal = grant.issuer
        operations = GrantOperation.allCases.filter(grant.operations.contains)
        constraint = grant.constraint
        createdMilliseconds = grant.createdMilliseconds
    }
}

/// A grant, and what stands for it in requests.
public struct CreatedGrant: Sendable, Hashable {
    /// The grant.
    public var grant: KeyGrant
    /// Finds the grant without naming its key; it is told once.
    public var token: String
}
