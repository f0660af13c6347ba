/// What a policy says of a request.
package enum PolicyDecision: Sendable, Equatable {
    /// A statement allows it and none denies it; the Sid of the first that does, where it has one.
    case allowed(sid: String?)
    /// A statement denies it, and no other policy can allow it; the Sid of the first that does, where it has one.
    case explicitlyDenied(sid: String?)
    /// No statement applies: denied, unless another policy has a say and allows it.
    case implicitlyDenied

    /// Whether the request may go on.
    package var isAllowed: Bool {
        if case .allowed = self { true } else { false }
    }
}
