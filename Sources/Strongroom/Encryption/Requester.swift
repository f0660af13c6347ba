internal import StrongroomKeys

/// Who asks, and with which key of their own: what every call to a key backend is made with.
struct Requester: Sendable {
    /// Nil for the account's root.
    var caller: Caller?
    /// Presented with every request through a bucket's handle.
    var customerKey: CustomerKey?

    /// Whether the caller's policies go only to key services that decide by them: for a server, which asks them itself
    /// where the service does not. Else such a service refuses the call.
    var asksPoliciesItself = false

    /// As the caller is told to a backend of that kind. No policy decides about keys of the store's own and of
    /// customers.
    func caller(asking backend: OpenedBackend, for mode: EncryptionMode) -> Caller? {
        guard !mode.asksKeyService || asksPoliciesItself && !backend.heedsPolicies, var told = caller else {
            return caller
        }
        (told.policies, told.roleARN, told.sessionPolicy) = (nil, nil, nil)
        return told
    }

    static let root = Requester()
}
