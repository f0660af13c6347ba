internal import StrongroomKeys
internal import StrongroomPolicy

/// What policies of the caller's own say. Where a caller has some, an empty list too, being of a key's account lets
/// nobody in by itself: what a key's policy leaves to the account these decide, as IAM's do.
struct CallerPolicies: Sendable {
    private let documents: [PolicyDocument]
    /// What a session of a role may do at most; nil where nothing was said.
    private let session: PolicyDocument?

    /// What policies of the caller's own make of a request.
    enum Decision: Equatable {
        /// What a key's policy leaves to the account is allowed.
        case allowed
        /// Only what names the caller counts.
        case undecided
        /// Only what names the session counts, and not what names its role.
        case heldBack
        case denied
    }

    /// Nil for callers of whom nobody has told any: the account lets those in.
    init?(_ caller: Caller?) {
        guard let texts = caller?.policies else { return nil }
        // One that cannot be read may have denied something.
        documents = texts.map(Self.document)
        session = caller?.sessionPolicy.map(Self.document)
    }

    private static func document(_ text: String) -> PolicyDocument {
        (try? PolicyDocument(parsing: Array(text.utf8), attachment: .identity)) ?? .denyingEverything
    }

    /// What any of them denies is denied.
    func decision(for request: PolicyRequest) -> Decision {
        let decisions = documents.map { $0.decision(for: request) }
        let most = session?.decision(for: request)
        let isDenied = (decisions + [most].compactMap(\.self)).contains {
            if case .explicitlyDenied = $0 { true } else { false }
        }
        if isDenied { return .denied }
        if most?.isAllowed == false { return .heldBack }
        return decisions.contains(where: \.isAllowed) ? .allowed : .undecided
    }
}
