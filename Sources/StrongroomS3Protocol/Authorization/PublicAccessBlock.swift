/// What a bucket's public access block forbids (Amazon S3 User Guide, "Blocking public access").
///
/// New buckets have all four on, as on AWS since April 2023; a bucket whose configuration was deleted has none.
struct PublicAccessBlock: Sendable, Equatable {
    /// Refuses access control lists that make something public.
    var blocksPublicACLs: Bool
    /// Disregards such lists.
    var ignoresPublicACLs: Bool
    /// Refuses policies that are public.
    var blocksPublicPolicy: Bool
    /// Of a bucket whose policy is public, lets in only users of the account.
    var restrictsPublicBuckets: Bool

    static let all = PublicAccessBlock(0b1111)
    static let none = PublicAccessBlock(0)

    /// As it is kept: bit 0 to bit 3 in the order of the properties.
    init(_ bits: UInt8) {
        blocksPublicACLs = bits & 1 != 0
        ignoresPublicACLs = bits & 2 != 0
        blocksPublicPolicy = bits & 4 != 0
        restrictsPublicBuckets = bits & 8 != 0
    }

    var bits: UInt8 {
        (blocksPublicACLs ? 1 : 0) | (ignoresPublicACLs ? 2 : 0) | (blocksPublicPolicy ? 4 : 0)
            | (restrictsPublicBuckets ? 8 : 0)
    }
}
