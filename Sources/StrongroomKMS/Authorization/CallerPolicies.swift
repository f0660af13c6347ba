internal import StrongroomKeys
internal import StrongroomPolicy

/// What policies of the caller's own say. Where a caller has some, an empty list too, being of a key's account lets
/// nobody in by itself: what a key's policy leaves to the account these decide, as IAM's do.
struct CallerPolicies: Sendable {
    private let documents: [PolicyDocument]

    /// Nil for callers of whom nobody has told any: the account lets those in.
    init?(_ caller: Caller?) {
        guard let texts = caller?.policies else { return nil }
        // One that cannot be read may have denied something.
        documents = texts.map { text in
            (try? PolicyDocument(parsing: Array(text.utf8), attachment: .identity)) ?? .denyingEverything
        }
    }

    /// What any of them denies is denied.
    func decision(for request: PolicyRequest) -> PolicyDecision {
        let decisions = documents.map { $0.decision(for: request) }
        let denial = decisions.first { if case .explicitlyDenied = $0 { true } else { false } }
        return denial ?? decisions.first(where: \.isAllowed) ?? .implicitlyDenied
    }
}
