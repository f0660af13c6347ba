/// A bucket's rules: 1 to 1,000 of them. Where several concern an object, each acts for itself, and the first whose
/// time has come decides.
public struct LifecycleConfiguration: Sendable, Hashable {
    /// The most rules that a bucket has, as in S3.
    public static let ruleCountMaximum = 1_000

    /// In the order given.
    public let rules: [LifecycleRule]
    /// Those that act.
    let enabledRules: [LifecycleRule]

    /// Checks the rules, each and against each other.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument`` for a number, a date or a name that is none;
    ///   ``StoreError/Code/invalidRequest`` for what does not go together; the message names the rule.
    public init(_ rules: [LifecycleRule]) throws(StoreError) {
        guard !rules.isEmpty, rules.count <= Self.ruleCountMaximum else {
            throw StoreError(
                .invalidRequest, "Rule count should not exceed allowed limit of \(Self.ruleCountMaximum), nor be 0.")
        }
        var names: Set<String> = []
        for rule in rules {
            try rule.check()
            guard names.insert(rule.id).inserted else {
                throw StoreError(
                    .invalidArgument, "Rule ID must be unique. Found same ID for more than one rule: \(rule.shownID)")
            }
        }
        self.rules = rules
        enabledRules = rules.filter(\.isEnabled)
    }
}
