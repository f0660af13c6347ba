/// What a signing key is good for: one day, one region, one service.
package struct CredentialScope: Sendable, Hashable {
    /// Eight digits, in UTC.
    package let date: String
    /// Such as `eu-central-1`.
    package let region: String
    /// Such as `kms`.
    package let service: String

    package init(date: String, region: String, service: String) {
        self.date = date
        self.region = region
        self.service = service
    }

    /// The word that ends every scope.
    package static let terminator = "aws4_request"

    /// As it stands in the string to sign and in the header.
    package var text: String { "\(date)/\(region)/\(service)/\(Self.terminator)" }
}
