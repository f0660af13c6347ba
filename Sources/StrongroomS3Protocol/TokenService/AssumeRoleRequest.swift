internal import StrongroomPolicy

/// What a request of AssumeRole asks for, each part within the limits of STS's service model.
struct AssumeRoleRequest: Sendable {
    static let durationSeconds: ClosedRange<Int64> = 900...43_200
    static let standardDurationSeconds: Int64 = 3_600
    /// How long the session of a role may be that a session of a role has assumed (IAM User Guide, "Role chaining").
    static let chainedDurationSecondsMax: Int64 = 3_600
    /// Room for a session policy in a token, in bytes. AWS packs policies in a way of its own; the percentage here is
    /// of this.
    static let packedPolicyBytes = 2_048

    /// What the session may do at most, beside what the role may.
    struct SessionPolicy: Sendable {
        var text: String
        var packedPercent: Int
    }

    var roleARN: String
    var names: RoleNames
    var sessionName: String
    /// Nil where nobody has said.
    var durationSeconds: Int64?
    var policy: SessionPolicy?
    var externalID: String?

    /// - Throws: `ValidationError`, `MalformedPolicyDocument`, `PackedPolicyTooLarge`.
    init(_ parameters: TokenServiceParameters) throws(TokenServiceRefusal) {
        // No role's has other characters, and it is said again in refusals and logs.
        let arn = try parameters.text("RoleArn", count: 20...2_048, pattern: "[\\u0020-\\u007E]+") {
            (0x20...0x7E).contains($0.value)
        }
        guard let arn else { throw TokenServiceParameters.missing("RoleArn") }
        guard let names = RoleNames(arn: arn) else { throw .validation("Request ARN is invalid") }
        let sessionName = try parameters.text("RoleSessionName", count: 2...64, pattern: "[\\w+=,.@-]*") {
            Self.isNameScalar($0)
        }
        guard let sessionName else { throw TokenServiceParameters.missing("RoleSessionName") }
        (roleARN, self.names, self.sessionName) = (arn, names, sessionName)
        durationSeconds = try parameters.number("DurationSeconds", in: Self.durationSeconds)
        externalID = try parameters.text("ExternalId", count: 2...1_224, pattern: "[\\w+=,.@:\\/-]*") {
            Self.isNameScalar($0) || $0 == ":" || $0 == "/"
        }
        policy = try Self.policy(parameters)
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: "_+=,.@-".unicodeScalars.contains(scalar)
        }
    }

    private static func policy(_ parameters: TokenServiceParameters) throws(TokenServiceRefusal) -> SessionPolicy? {
        let text = try parameters.text(
            "Policy", count: 1...2_048, pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"
        ) { [0x09, 0x0A, 0x0D].contains($0.value) || (0x20...0xFF).contains($0.value) }
        guard let text else { return nil }
        do throws(PolicyError) {
            _ = try PolicyDocument(parsing: Array(text.utf8), attachment: .identity)
        } catch {
            throw TokenServiceRefusal(400, "MalformedPolicyDocument", "At \(error.position): \(error.message)")
        }
        let percent = (text.utf8.count * 100 + packedPolicyBytes - 1) / packedPolicyBytes
        guard percent <= 100 else {
            throw TokenServiceRefusal(
                400, "PackedPolicyTooLarge",
                "Packed policy consumes \(percent)% of allotted space, please use smaller policy.")
        }
        return SessionPolicy(text: text, packedPercent: percent)
    }
}
