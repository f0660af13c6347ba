internal import StrongroomKeys

/// Who asks, and with which key of their own: what every call to a key backend is made with.
struct Requester: Sendable {
    /// Nil for the account's root.
    var caller: Caller?
    /// Presented with every request through a bucket's handle.
    var customerKey: CustomerKey?

    static let root = Requester()
}
