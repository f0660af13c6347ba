internal import Synchronization

/// When each key last sealed or opened something, since the service was opened.
final class LastUses: Sendable {
    private let uses = Mutex<[String: KeyUse]>([:])
    /// Since when uses are noted, in milliseconds since 1970.
    let startMilliseconds: Int64

    init(startMilliseconds: Int64) { self.startMilliseconds = startMilliseconds }

    /// Notes what has succeeded; what uses no key's material is not noted.
    func note(_ call: KeyCall, requestID: String, atMilliseconds now: Int64) {
        guard KeyOperationClass(of: call.operation) == .cryptographic else { return }
        let use = KeyUse(operation: call.operation, milliseconds: now, requestID: requestID)
        uses.withLock { uses in for arn in call.subject.keyARNs { uses[arn] = use } }
    }

    func last(of keyARN: String) -> KeyUse? { uses.withLock { $0[keyARN] } }
}

/// One use of a key.
public struct KeyUse: Sendable, Hashable {
    /// What was done.
    public var operation: KeyOperation
    /// When, in milliseconds since 1970.
    public var milliseconds: Int64
    /// What the request is called in logs and in the audit trail; empty where it has no name.
    public var requestID: String
}

/// When a key was last used, as far as anybody knows.
public struct KeyLastUsage: Sendable, Hashable {
    /// The key.
    public var arn: String
    /// When it was made, in milliseconds since 1970.
    public var createdMilliseconds: Int64
    /// Since when uses are noted, in milliseconds since 1970: since the service was opened.
    public var trackingStartMilliseconds: Int64
    /// The last use; nil where there has been none since.
    public var last: KeyUse?
}

extension KeyService {
    /// When a key last sealed or opened something, since the service was opened.
    public func keyLastUsage(
        of keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyLastUsage {
        let call = KeyCall(.getKeyLastUsage, requester)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let key = try authorized(keyID, call, keyring.registry)
            let arn = keyring.registry.owner.arn(key.id)
            return KeyLastUsage(
                arn: arn, createdMilliseconds: key.createdMilliseconds,
                trackingStartMilliseconds: lastUses.startMilliseconds, last: lastUses.last(of: arn))
        }
    }
}
