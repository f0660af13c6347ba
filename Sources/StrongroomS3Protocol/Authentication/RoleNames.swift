/// How a role, and its sessions, are named.
struct RoleNames: Sendable, Equatable {
    /// Twelve digits.
    var account: String
    var role: String

    var roleARN: String { "arn:aws:iam::\(account):role/\(role)" }

    func sessionARN(_ sessionName: String) -> String {
        "arn:aws:sts::\(account):assumed-role/\(role)/\(sessionName)"
    }
}

extension RoleNames {
    /// Nil for what is no role's ARN, of whatever account and with whatever name.
    init?(arn: String) {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "arn", fields[1] == "aws", fields[2] == "iam", fields[3].isEmpty,
            fields[4].utf8.count == 12, fields[4].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            fields[5].utf8.starts(with: "role/".utf8), fields[5].utf8.count > "role/".utf8.count
        else { return nil }
        self.init(account: String(fields[4]), role: String(fields[5].dropFirst("role/".count)))
    }
}
