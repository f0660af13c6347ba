internal import FoundationEssentials
internal import StrongroomKeys
internal import StrongroomPolicy

/// One request for one key, as its policy sees it.
struct KeyAuthorization: Sendable {
    let operation: KeyOperation
    let key: KeyRecord
    /// Nil: the account's root, inside this process.
    let caller: Caller?
    var encryptionContext = EncryptionContext.empty
    /// The alias by which the request names the key.
    var alias: AliasName?
    var bypassesLockoutCheck: Bool?
    let wallMilliseconds: Int64

    /// - Throws: `AccessDenied`.
    func check(in registry: KeyRegistry) throws(KeyServiceError) {
        for action in actions {
            switch decision(action, in: registry) {
            case .allowed: continue
            case .explicitlyDenied: throw refusal(action, registry.owner, "with an explicit deny in its key policy")
            case .implicitlyDenied:
                throw refusal(action, registry.owner, "because no statement of its key policy allows it")
            }
        }
    }

    /// A rewrap opens and seals.
    private var actions: [String] {
        operation == .reEncrypt ? ["kms:ReEncryptFrom", "kms:ReEncryptTo"] : ["kms:\(operation)"]
    }

    private func decision(_ action: String, in registry: KeyRegistry) -> PolicyDecision {
        guard let policy = key.policy else {
            // What the standard policy says, without reading it: most keys have no other.
            return caller.map { $0.account == registry.owner.account } ?? true ? .allowed(sid: nil) : .implicitlyDenied
        }
        return policy.document.decision(
            for: PolicyRequest(
                principal: PolicyPrincipal(
                    arn: caller?.principal ?? registry.owner.rootARN,
                    account: caller?.account ?? registry.owner.account),
                action: action, resource: registry.owner.arn(key.id), context: context(registry)))
    }

    private func refusal(_ action: String, _ owner: KeyOwner, _ why: String) -> KeyServiceError {
        KeyServiceError(
            .accessDenied,
            "\(caller?.principal ?? owner.rootARN) is not authorized to perform \(action) on \(owner.arn(key.id)), "
                + "\(why).")
    }

    // MARK: - What conditions can ask

    /// Keys as the IAM and KMS guides name them. One that does not apply is not there, which is not the same as empty.
    private func context(_ registry: KeyRegistry) -> [String: [String]] {
        let owner = registry.owner
        var context: [String: [String]] = [
            "aws:PrincipalArn": [caller?.principal ?? owner.rootARN],
            "aws:PrincipalAccount": [caller?.account ?? owner.account],
            "kms:CallerAccount": [caller?.account ?? owner.account],
            "kms:KeyOrigin": ["AWS_KMS"], "kms:KeySpec": ["SYMMETRIC_DEFAULT"], "kms:KeyUsage": ["ENCRYPT_DECRYPT"],
            "aws:EpochTime": [String(wallMilliseconds / 1_000)],
            "aws:CurrentTime": [Date(timeIntervalSince1970: Double(wallMilliseconds) / 1_000).formatted(.iso8601)],
            "aws:RequestedRegion": [owner.region],
        ]
        let aliases = registry.aliases.filter { $0.keyID == key.id }.map(\.name.description)
        if !aliases.isEmpty { context["kms:ResourceAliases"] = aliases }
        if let alias { context["kms:RequestAlias"] = [alias.description] }
        if let bypassesLockoutCheck {
            context["kms:BypassPolicyLockoutSafetyCheck"] = [bypassesLockoutCheck ? "true" : "false"]
        }
        for pair in encryptionContext.pairs { context["kms:EncryptionContext:\(pair.name)"] = [pair.value] }
        if !encryptionContext.pairs.isEmpty {
            context["kms:EncryptionContextKeys"] = encryptionContext.pairs.map(\.name)
        }
        if let caller { Self.describe(caller, owner, in: &context) }
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
