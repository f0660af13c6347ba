/// One statement: whom it is about, what, where and when, and whether it allows or denies that.
struct PolicyStatement: Sendable {
    enum Effect: String {
        case allow = "Allow"
        case deny = "Deny"
    }

    let sid: String?
    let effect: Effect
    let principals: PrincipalSet
    let actions: Selection
    let resources: Selection
    let conditions: [PolicyCondition]

    func applies(to request: PolicyRequest) -> Truth {
        guard principals.contains(request) else { return .no }
        var truth = min(
            actions.contains(request.actionBytes, request), resources.contains(request.resourceBytes, request))
        for condition in conditions where truth != .no { truth = min(truth, condition.holds(for: request)) }
        return truth
    }

    /// All texts with variables, in no order.
    var variablePatterns: [PolicyPattern] {
        resources.patterns.withVariables + conditions.flatMap(\.variablePatterns)
    }

    /// What conditions look at, and what variables stand for, in lower case and in no order.
    var conditionKeys: [[UInt8]] {
        conditions.map(\.key) + variablePatterns.flatMap { $0.variables.map(\.key) }
    }
}

/// Actions or resources, by patterns that select them or that leave them out.
struct Selection: Sendable {
    let patterns: PatternSet
    /// NotAction and NotResource.
    let isComplement: Bool

    /// Leaves nothing out.
    static let everything = Selection(patterns: PatternSet([], folding: .none), isComplement: true)

    func contains(_ text: [UInt8], _ request: PolicyRequest) -> Truth {
        let matcher = patterns.matcher(for: request, longestBytes: text.count)
        if matcher.matches(text) { return Truth(!isComplement) }
        // A variable without a value is like no resource. Of a complement it would leave out nothing, and allow more.
        return isComplement ? (matcher.isUnresolved ? .unknown : .yes) : .no
    }
}
