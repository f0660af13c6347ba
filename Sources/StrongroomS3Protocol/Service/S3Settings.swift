/// What a server is told about itself.
package struct S3Settings: Sendable {
    /// The region that signatures must name, such as `us-east-1`.
    var region: String
    /// Names whose subdomains are buckets.
    var domains: [String]
    /// Twelve digits: the account that all buckets and users belong to.
    var account: String
    /// How many requests are answered.
    var rates: RequestRates

    package init(region: String, domains: [String], account: String, rates: RequestRates = RequestRates()) {
        (self.region, self.domains, self.account, self.rates) = (region, domains, account, rates)
    }

    /// Largest document that is read, in bytes: as large as S3's own, a batch delete with the longest keys.
    package static let documentLimitBytes = 2 << 20
    /// Largest list of parts that completes an upload: 10,000 of them with all checksums.
    static let completionLimitBytes = 4 << 20

    /// 64 hexadecimal digits that stand for the account where S3 has a canonical user.
    var canonicalAccount: String {
        // One account has one name; nobody compares it with AWS's.
        String(repeating: "0", count: 64 - account.utf8.count) + account
    }
}
