internal import StrongroomKeys
internal import StrongroomSystem

/// Quotas as settings of a configuration. They are no part of the keyring: whoever opens it says what they are.
extension KeyQuotas {
    /// `kms` for those of AWS KMS, `none` for none, on top of which the others count.
    static let presetSetting = "quotas"
    static let callerSetting = "quota-caller-percent"
    private static let presets: [String: KeyQuotas] = ["kms": .kms, "none": .unlimited]

    static let settingNames = [presetSetting, callerSetting] + KeyOperationClass.all.map(\.quotaSetting)

    /// - Throws: `invalidRequest`.
    init(_ settings: [String: String]) throws(KeyBackendError) {
        self.init()
        if let name = settings[Self.presetSetting] {
            guard let preset = Self.presets[name] else {
                throw KeyBackendError(
                    .invalidRequest, "The setting '\(Self.presetSetting)' is 'kms' or 'none', not '\(name.prefix(64))'."
                )
            }
            self = preset
        }
        for operations in KeyOperationClass.all {
            guard let text = settings[operations.quotaSetting] else { continue }
            self[operations] =
                text == "none" ? nil : try Self.number(text, operations.quotaSetting, 1...TokenBucket.ratePerSecondMax)
        }
        if let text = settings[Self.callerSetting] {
            callerPercent = try Self.number(text, Self.callerSetting, 1...100)
        }
    }

    /// What ``init(_:)`` reads as the same quotas.
    var settings: [String: String] {
        var settings: [String: String] = [:]
        for operations in KeyOperationClass.all {
            settings[operations.quotaSetting] = self[operations].map(String.init)
        }
        if callerPercent != 100 { settings[Self.callerSetting] = String(callerPercent) }
        return settings
    }

    private static func number(
        _ text: String, _ name: String, _ range: ClosedRange<Int>
    ) throws(KeyBackendError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw KeyBackendError(
                .invalidRequest,
                "The setting '\(name)' is '\(text.prefix(64))'; it may be \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}

extension KeyOperationClass {
    var quotaSetting: String { "quota-\(self)-per-second" }
}
