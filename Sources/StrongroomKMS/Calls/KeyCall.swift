internal import StrongroomKeys
internal import Synchronization

/// One call of the service while it runs: who asks what, and what is found out about it on the way.
///
/// A reference, because what a call that fails was about is told as well.
final class KeyCall: Sendable {
    /// What a call turns out to be about.
    struct Subject: Sendable, Equatable {
        /// The ARNs of the keys: the one that opens before the one that seals.
        var keyARNs: [String] = []
        /// The materials that were used, in the same order.
        var materialIDs: [String] = []
        /// What else was asked for.
        var parameters: [Parameter] = []
        /// What is sealed anew is bound to that.
        var destinationContext: EncryptionContext?
        /// What the call is called in the trail.
        var requestID: String?
        /// Whether a part of it has begun.
        var hasBegun = false
        /// Whether it runs while no other changes related keys, so that it does not wait for that.
        var isInTurn = false
    }

    /// Read once it is known that somebody asks for them.
    private enum Policies: Sendable {
        case unread
        case read(CallerPolicies?)
    }

    struct Parameter: Sendable, Equatable {
        var name: String
        var value: String
    }

    let operation: KeyOperation
    let requester: KeyRequester
    let encryptionContext: EncryptionContext
    /// Whether all is checked and nothing done.
    let isDryRun: Bool
    private let found = Mutex(Subject())
    private let readPolicies = Mutex(Policies.unread)

    init(
        _ operation: KeyOperation, _ requester: KeyRequester, _ encryptionContext: EncryptionContext = .empty,
        isDryRun: Bool = false
    ) {
        self.operation = operation
        self.requester = requester
        self.encryptionContext = encryptionContext
        self.isDryRun = isDryRun
    }

    var subject: Subject { found.withLock { $0 } }

    /// The requester's own, read once however often a call asks: a user may have 32 KiB of them. Nil where nobody has
    /// told any.
    var policies: CallerPolicies? {
        readPolicies.withLock { policies in
            if case .read(let known) = policies { return known }
            let read = CallerPolicies(requester.caller)
            policies = .read(read)
            return read
        }
    }

    var isInTurn: Bool {
        get { found.withLock { $0.isInTurn } }
        set { found.withLock { $0.isInTurn = newValue } }
    }

    /// True once.
    func isFirstPart() -> Bool {
        found.withLock { subject in
            defer { subject.hasBegun = true }
            return !subject.hasBegun
        }
    }

    func isAbout(_ keyARN: String) {
        found.withLock { subject in
            if !subject.keyARNs.contains(keyARN) { subject.keyARNs.append(keyARN) }
        }
    }

    func uses(_ material: KeyMaterialID) { found.withLock { $0.materialIDs.append(material.description) } }

    func sealsUnder(_ context: EncryptionContext) { found.withLock { $0.destinationContext = context } }

    /// Notes for the trail what was asked for; nil is not noted. Never a secret.
    @discardableResult
    func asks(_ name: String, _ value: String?) -> KeyCall {
        if let value { found.withLock { $0.parameters.append(Parameter(name: name, value: value)) } }
        return self
    }

    /// The requester's own name for the call, or one that stays the same.
    func requestID(otherwise make: () -> String) -> String {
        if !requester.requestID.isEmpty { return requester.requestID }
        return found.withLock { subject in
            let id = subject.requestID ?? make()
            subject.requestID = id
            return id
        }
    }

    /// Behind the last check, before anything is done.
    func stopIfDryRun() throws(KeyServiceError) {
        guard isDryRun else { return }
        throw KeyServiceError(
            .dryRunOperation, "The request would have succeeded, but the DryRun option is set.")
    }
}
