/// How much there may be of what. All are KMS's own quotas.
enum KeyLimits {
    static let keysMax = 100_000
    static let aliasesPerKeyMax = 50
    static let rotationsPerKeyMax = 25
    static let descriptionSizeBytesMax = 8192
    static let aliasNameSizeBytesMax = 256
    static let pageSizeMax = 1000
}
