internal import Synchronization

/// What conditions may ask about, by condition key: found out once a policy decides, for many requests meet none, and
/// to find out takes as long as to look an object up.
struct ConditionFacts: Sendable {
    private let told: ToldOnce
    /// What is otherwise than told; nil where there is no such fact.
    private var changes: [String: [String]?] = [:]

    init(_ tell: @escaping @Sendable () -> [String: [String]]) { told = ToldOnce(tell) }

    /// Sets a fact, or takes it away.
    mutating func set(_ key: String, _ values: [String]?) { changes.updateValue(values, forKey: key) }

    mutating func merge(_ facts: [String: [String]]) {
        for (key, values) in facts { set(key, values) }
    }

    var all: [String: [String]] {
        var facts = told.facts
        for (key, values) in changes { facts[key] = values }
        return facts
    }
}

/// Copies of a request's facts share what was told.
private final class ToldOnce: Sendable {
    private let tell: @Sendable () -> [String: [String]]
    private let known = Mutex<[String: [String]]?>(nil)

    init(_ tell: @escaping @Sendable () -> [String: [String]]) { self.tell = tell }

    var facts: [String: [String]] {
        known.withLock { known in
            let facts = known ?? tell()
            known = facts
            return facts
        }
    }
}
