internal import StrongroomPolicy

/// Whether a bucket policy is public (Amazon S3 User Guide, "The meaning of public").
enum PublicPolicy {
    /// A policy is public where it allows anything to everybody, unless a condition names fixed accounts, principals,
    /// addresses or networks. What is not certain to be narrow counts as public.
    static func isPublic(_ policy: PolicyDocument) -> Bool { policy.allowsEverybody(unlessNarrowedBy: narrowing) }

    /// Condition keys in lower case whose fixed values narrow a statement to somebody known.
    private static let narrowing: Set<String> = [
        "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:sourceaccount", "aws:sourcearn",
        "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:userid", "aws:sourceip", "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    ]
}
