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
    }

    let operation: KeyOperation
    let requester: KeyRequester
    let encryptionContext: EncryptionContext
    /// Whether all is checked and nothing done.
    let isDryRun: Bool
    private let found = Mutex(Subject())

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

    func isAbout(_ keyARN: String) {
        found.withLock { subject in
            if !subject.keyARNs.contains(keyARN) { subject.keyARNs.append(keyARN) }
        }
    }

    func uses(_ material: KeyMaterialID) { found.withLock { $0.materialIDs.append(material.description) } }

    /// Behind the last check, before anything is done.
    func stopIfDryRun() throws(KeyServiceError) {
        guard isDryRun else { return }
        throw KeyServiceError(
            .dryRunOperation, "The request would have succeeded, but it was only tried; leave the dry run out.")
    }
}
