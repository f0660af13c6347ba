/// Patterns of which a text need be like one.
struct PatternSet: Sendable {
    let withVariables: [PolicyPattern]
    private let fixed: GlobMachine
    private let folding: Folding
    /// What each pattern begins with, as far as it is written out.
    let beginnings: [PolicyPattern.Beginning]

    /// Whether each pattern is like one text alone, whatever the request.
    var isLiteral: Bool { beginnings.allSatisfy(\.isAll) }

    init(_ patterns: [PolicyPattern], folding: Folding) {
        beginnings = patterns.map(\.beginning)
        withVariables = patterns.filter(\.hasVariables)
        fixed = GlobMachine(patterns.filter { !$0.hasVariables }.map(\.tokens))
        self.folding = folding
    }

    /// What decides for one request; `longestBytes` is the length of the longest text that it will be asked about.
    func matcher(for request: PolicyRequest, longestBytes: Int) -> Matcher {
        var isUnresolved = false
        var resolved: [[PolicyPattern.Token]] = []
        // Folding may make a text longer, by no more than this.
        let longestBytes = folding == .unicode ? 3 * longestBytes : longestBytes
        for pattern in withVariables {
            switch pattern.resolved(for: request, folding: folding, longestBytes: longestBytes) {
            case .tokens(let tokens): resolved.append(tokens)
            case .likeNothing: break
            case .unresolved: isUnresolved = true
            }
        }
        return Matcher(
            machines: resolved.isEmpty ? [fixed] : [fixed, GlobMachine(resolved)], folding: folding,
            isUnresolved: isUnresolved)
    }

    struct Matcher {
        fileprivate let machines: [GlobMachine]
        fileprivate let folding: Folding
        /// Whether a variable has no value; its pattern is like no text.
        let isUnresolved: Bool

        /// Whether the text is like one of the patterns.
        func matches(_ text: [UInt8]) -> Bool {
            let folded = folding == .unicode ? folding.folded(text) : text
            return machines.contains { $0.matches(folded) }
        }
    }
}
