internal import StrongroomAudit
internal import StrongroomKeys

extension AuditIdentity {
    /// Who called; nil is the root of `account`.
    init(_ caller: Caller?, of account: String) {
        guard let caller else {
            self.init(
                type: "Root", principalID: account, arn: "arn:aws:iam::\(account):root", accountID: account)
            return
        }
        self.init(
            type: Self.type(of: caller.principal), principalID: caller.principal, arn: caller.principal,
            accountID: caller.account, invokedBy: caller.viaService.map { "\($0).amazonaws.com" })
    }

    private static func type(of principal: String) -> String {
        let fields = principal.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "arn" else { return "Unknown" }
        switch fields[5].prefix(while: { $0 != "/" }) {
        case "root": return "Root"
        case "user": return "IAMUser"
        case "role": return "Role"
        case "assumed-role": return "AssumedRole"
        case "federated-user": return "FederatedUser"
        default: return "Unknown"
        }
    }
}
