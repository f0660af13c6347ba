internal import StrongroomAudit
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// One call of the archive keys while it runs: who asks what, and what is found out about it on the way. Never a
/// secret, and no wrapped key.
///
/// A reference, because what a call that fails was about is told as well.
final class ArchiveCall: Sendable {
    /// What a call turns out to be about.
    struct Subject: Sendable {
        var parameters: [AuditValue.Member] = []
        var response: [AuditValue.Member] = []
        /// The epoch whose key opens.
        var openingEpoch: UInt32?
        /// The epoch whose key seals.
        var sealingEpoch: UInt32?
        /// What is lost with an epoch.
        var dependencies: KeyDependencies?
        /// What the call is called in the trail.
        var requestID: String?
    }

    /// A longer context is told by its hash: cut, it would name nothing.
    private static let contextSizeBytesMax = 3072

    let operation: ArchiveOperation
    let context: KeyRequestContext
    private let found = Mutex(Subject())

    init(_ operation: ArchiveOperation, _ context: KeyRequestContext = KeyRequestContext()) {
        self.operation = operation
        self.context = context
    }

    var subject: Subject { found.withLock { $0 } }

    func opens(in epoch: UInt32) { found.withLock { $0.openingEpoch = epoch } }

    func seals(in epoch: UInt32) { found.withLock { $0.sealingEpoch = epoch } }

    func found(_ dependencies: KeyDependencies) { found.withLock { $0.dependencies = dependencies } }

    func asks(_ name: String, _ value: AuditValue) {
        found.withLock { $0.parameters.append(AuditValue.Member(name, value)) }
    }

    func answers(_ name: String, _ value: AuditValue) {
        found.withLock { $0.response.append(AuditValue.Member(name, value)) }
    }

    func asks(for keyID: String?) {
        if let keyID { asks("keyId", .text(keyID)) }
    }

    func asks(with context: EncryptionContext) {
        guard !context.pairs.isEmpty else { return }
        asks("encryptionContext", .members(context.pairs.map { .init($0.name, .text($0.value)) }))
    }

    func asks(toOpen wrapped: WrappedDataKey) {
        asks(for: wrapped.keyID)
        asks("keyVersion", .text(wrapped.keyVersion))
    }

    /// What a wrap is bound to: in base64, as in the request.
    func asks(boundTo context: [UInt8]) throws(KeyBackendError) {
        if context.count <= Self.contextSizeBytesMax {
            asks("context", .text(PaddedBase64.encode(context)))
        } else {
            asks("contextSHA256", .text(try Self.hash(context)))
        }
    }

    /// The receipt that the call gives out, or will.
    func answers(_ receipt: [UInt8]) throws(KeyBackendError) {
        answers("receiptSHA256", .text(try Self.hash(receipt)))
    }

    /// The requester's own name for the call, or one that stays the same.
    func requestID(otherwise make: () -> String) -> String {
        if !context.requestID.isEmpty { return context.requestID }
        return found.withLock { subject in
            let id = subject.requestID ?? make()
            subject.requestID = id
            return id
        }
    }

    private static func hash(_ bytes: [UInt8]) throws(KeyBackendError) -> String {
        do throws(SealError) {
            // Safe: bytes have no padding to be read.
            return Hexadecimal.encode(try Digest.hash(.sha256, unsafe bytes.span.bytes))
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }
}
