/// How much there may be of what. All are KMS's own quotas.
package enum KeyLimits {
    static let keysMax = 100_000
    static let aliasesPerKeyMax = 50
    static let grantsPerKeyMax = 50_000
    static let tagsPerKeyMax = 50
    /// Automatic ones do not count.
    static let rotationsOnDemandPerKeyMax = 25
    static let descriptionSizeBytesMax = 8192
    static let aliasNameSizeBytesMax = 256
    static let grantNameSizeBytesMax = 256
    static let principalSizeBytesMax = 256
    static let grantTokensMax = 10
    static let pageSizeMax = 1000
    static let deletionWindowDays = 7...30
    /// How long imported material may stay that is to go by itself.
    static let importedDaysMax: Int64 = 365
    /// Of what is encrypted directly.
    static let plaintextSizeBytes = 1...4096
    package static let randomSizeBytes = 1...1024
}
