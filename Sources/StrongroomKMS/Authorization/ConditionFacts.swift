internal import FoundationEssentials
internal import StrongroomKeys

/// What a policy's conditions can ask about a call of a key, by the names of the IAM and KMS guides. What does not
/// apply is not there, which is not the same as empty.
struct ConditionFacts: Sendable {
    private static let keySpec = "SYMMETRIC_DEFAULT"
    private static let keyUsage = "ENCRYPT_DECRYPT"
    /// What uses a key as its spec says, whatever it is called.
    private static let cryptographic: Set<String> = [
        "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
    ]

    let key: KeyRecord
    let alias: AliasName?
    let encryptionContext: EncryptionContext
    let wallMilliseconds: Int64

    /// - Parameter action: what is to be done with the key.
    func context(_ action: String, _ caller: Caller?, _ registry: KeyRegistry) -> [String: [String]] {
        var context = Self.ofCaller(caller, registry.owner, wallMilliseconds)
        if Self.cryptographic.contains(action) { context["kms:EncryptionAlgorithm"] = [Self.keySpec] }
        context["kms:KeyOrigin"] = [key.origin.rawValue]
        context["kms:KeySpec"] = [Self.keySpec]
        context["kms:KeyUsage"] = [Self.keyUsage]
        context["kms:MultiRegion"] = [key.multiRegion == nil ? "false" : "true"]
        let aliases = registry.aliasNames(of: key.id).map(\.description)
        if !aliases.isEmpty { context["kms:ResourceAliases"] = aliases }
        if let multiRegion = key.multiRegion {
            context["kms:MultiRegionKeyType"] = [multiRegion.role == .primary ? "PRIMARY" : "REPLICA"]
        }
        if let alias { context["kms:RequestAlias"] = [alias.description] }
        for tag in key.tags { context["aws:ResourceTag/\(tag.name)"] = [tag.value] }
        for pair in encryptionContext.pairs { context["kms:EncryptionContext:\(pair.name)"] = [pair.value] }
        if !encryptionContext.pairs.isEmpty {
            context["kms:EncryptionContextKeys"] = encryptionContext.pairs.map(\.name)
        }
        return context
    }

    /// What can be asked about a call that makes a key, beside what its caller is asked.
    static func ofNewKey(
        origin: KeyOrigin, type: MultiRegionConfiguration.KeyType?, tags: [KeyTag],
        bypassingLockoutCheck bypassesLockoutCheck: Bool
    ) -> [String: [String]] {
        var context: [String: [String]] = [
            "kms:KeyOrigin": [origin.rawValue], "kms:KeySpec": [Self.keySpec], "kms:KeyUsage": [Self.keyUsage],
            "kms:MultiRegion": [type == nil ? "false" : "true"],
        ]
        if bypassesLockoutCheck { context.merge(bypassingLockoutCheck) { $1 } }
        if let type { context["kms:MultiRegionKeyType"] = [type.rawValue] }
        return tags.isEmpty ? context : context.merging(ofNewTags(tags)) { $1 }
    }

    /// Told only where it is asked for, so that a policy can demand that it is not (KMS Developer Guide,
    /// "kms:BypassPolicyLockoutSafetyCheck").
    static let bypassingLockoutCheck = ["kms:BypassPolicyLockoutSafetyCheck": ["true"]]

    /// What can be asked about tags that are given.
    static func ofNewTags(_ tags: [KeyTag]) -> [String: [String]] {
        Dictionary(tags.map { ("aws:RequestTag/\($0.name)", [$0.value]) } + [("aws:TagKeys", tags.map(\.name))]) { $1 }
    }

    /// What can be asked about a call that is of no key.
    static func ofCaller(_ caller: Caller?, _ owner: KeyOwner, _ wallMilliseconds: Int64) -> [String: [String]] {
        let principal = KeyPrincipal(caller, owner)
        var context: [String: [String]] = [
            "aws:PrincipalArn": [principal.conditionARN], "aws:PrincipalAccount": [principal.account],
            "kms:CallerAccount": [principal.account],
            "aws:EpochTime": [String(wallMilliseconds / 1_000)],
            "aws:CurrentTime": [Date(timeIntervalSince1970: Double(wallMilliseconds) / 1_000).formatted(.iso8601)],
            "aws:RequestedRegion": [owner.region], "aws:ResourceAccount": [owner.account],
            "aws:PrincipalIsAWSService": ["false"],
        ]
        if let name = principal.userName {
            context["aws:username"] = [name]
            context["aws:PrincipalType"] = ["User"]
        }
        if principal.isRoleSession { context["aws:PrincipalType"] = ["AssumedRole"] }
        if let caller { describe(caller, owner, in: &context) }
        return context
    }

    private static func describe(_ caller: Caller, _ owner: KeyOwner, in context: inout [String: [String]]) {
        for (name, value) in caller.tags { context["aws:PrincipalTag/\(name)"] = [value] }
        // Not there for who signed in without a second factor, as for AWS's long-term keys.
        if let age = caller.multiFactorAgeSeconds {
            context["aws:MultiFactorAuthPresent"] = ["true"]
            context["aws:MultiFactorAuthAge"] = [String(age)]
        }
        if let address = caller.sourceAddress { context["aws:SourceIp"] = [address] }
        switch caller.transport {
        case nil: break
        case .plain: context["aws:SecureTransport"] = ["false"]
        case .transportLayerSecurity: context["aws:SecureTransport"] = ["true"]
        }
        context["aws:ViaAWSService"] = [caller.viaService == nil ? "false" : "true"]
        if let service = caller.viaService {
            context["kms:ViaService"] = ["\(service).\(owner.region).amazonaws.com"]
        }
    }
}
