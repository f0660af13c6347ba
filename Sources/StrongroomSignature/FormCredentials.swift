internal import StrongroomCrypto

/// What an HTML form says of its signature, which is made over its policy (Amazon S3 API Reference, "Authenticating
/// requests: browser-based uploads using POST").
package struct FormCredentials: Sendable {
    package let accessKeyID: String
    package let scope: CredentialScope
    package let time: SigningTime
    /// The policy as it came, in base64.
    package let policy: String
    /// Of temporary credentials; the policy has to name it as any other field.
    package let sessionToken: String?
    private let signature: String

    /// - Parameter field: a field of the form by its name in lower case.
    /// - Returns: nil where the form has neither a policy nor a signature.
    /// - Throws: `malformedQuery`, `unsupported`.
    package static func read(_ field: (String) -> String?) throws(SignatureError) -> FormCredentials? {
        if field("awsaccesskeyid") != nil || field("signature") != nil {
            throw SignatureError(
                .unsupported,
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
        }
        let signature = field("x-amz-signature")
        guard signature != nil || field("policy") != nil else { return nil }
        func required(_ name: String) throws(SignatureError) -> String {
            guard let value = field(name) else {
                throw SignatureError(.malformedQuery, "Bucket POST must contain a field named '\(name)'.")
            }
            return value
        }
        let policy = try required("policy")
        guard try required("x-amz-algorithm") == SigningKey.algorithm else {
            throw SignatureError(.malformedQuery, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"")
        }
        guard let (accessKeyID, scope) = RequestCredentials.split(credential: try required("x-amz-credential")) else {
            throw SignatureError(.malformedQuery, "Error parsing the X-Amz-Credential parameter")
        }
        guard let time = SigningTime(try required("x-amz-date")) else {
            throw SignatureError(
                .malformedQuery, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        return FormCredentials(
            accessKeyID: accessKeyID, scope: scope, time: time, policy: policy,
            sessionToken: field("x-amz-security-token"), signature: try required("x-amz-signature"))
    }

    /// - Throws: `mismatch`.
    package func checkSignature(_ key: SigningKey) throws(SignatureError) {
        let expected: String
        do throws(SealError) {
            expected = try key.signature(ofText: policy)
        } catch {
            throw SignatureError(.internalFailure, "The signature could not be checked.", underlying: error)
        }
        guard SignatureText.areEqual(expected, signature) else { throw SignatureCheck.mismatch }
    }
}
