internal import CStrongroomPKCS11
internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// The keys of ours in a token, each with its versions. Every call blocks, but `label`.
///
/// The token is the only place that knows them. What is remembered here is which version of a key is current, for at
/// most ``currentSeconds``: so long, another process's rotation goes unnoticed by whoever wraps.
final class TokenKeys: Sendable {
    static let currentSeconds: UInt64 = 30

    let token: Token
    let prefix: String
    private let host: any KeyBackendHost
    private let current = Mutex<[String: (identity: KeyIdentity, nanoseconds: UInt64)]>([:])
    /// Held while a key is made, on threads that may block: two rotations here make two versions, in order.
    private let changes = Mutex(())

    init(_ token: Token, prefix: String, host: any KeyBackendHost) {
        self.token = token
        self.prefix = prefix
        self.host = host
    }

    /// The label of a key id, which is the same text; nil means the default key.
    func label(_ keyID: String?) throws(KeyBackendError) -> String {
        guard let keyID else { return prefix + PKCS11Keys.defaultKeyName }
        guard keyID.hasPrefix(prefix), KeyName.isName(String(keyID.dropFirst(prefix.count))) else {
            throw notFound(keyID)
        }
        return keyID
    }

    // MARK: - Looking

    /// A key's versions, oldest first.
    func versions(_ label: String) throws(KeyBackendError) -> [KeyObject] {
        let asked = host.bootNanoseconds()
        let found = try token.withSession { (session) throws(TokenFailure) in
            try session.keyObjects(with: [.bytes(CKA_LABEL, label.utf8)])
        }
        guard !found.isEmpty else { throw notFound(label) }
        return remember(found, label, asked)
    }

    /// All keys, by label.
    func all() throws(KeyBackendError) -> [String: [KeyObject]] {
        let found = try token.withSession { (session) throws(TokenFailure) in try session.keyObjects(with: []) }
        let own = found.filter {
            $0.label.hasPrefix(prefix) && KeyName.isName(String($0.label.dropFirst(prefix.count)))
        }
        return Dictionary(grouping: own, by: \.label).mapValues { $0.sorted { $0.identity < $1.identity } }
    }

    /// The version that wraps.
    func currentVersion(_ label: String) throws(KeyBackendError) -> KeyIdentity {
        let now = host.bootNanoseconds()
        if let known = current.withLock({ $0[label] }), now < known.nanoseconds + Self.currentSeconds * 1_000_000_000 {
            return known.identity
        }
        return Self.current(of: try versions(label))
    }

    /// Whoever looked earlier does not undo what a later look found: between the two may lie a rotation.
    ///
    /// - Parameters:
    ///   - found: the key's versions in any order, which are returned oldest first.
    ///   - label: the key's label.
    ///   - asked: the time before the look.
    @discardableResult
    func remember(_ found: [KeyObject], _ label: String, _ asked: UInt64) -> [KeyObject] {
        let sorted = found.sorted { $0.identity < $1.identity }
        current.withLock { current in
            if let known = current[label], asked < known.nanoseconds { return }
            current[label] = (Self.current(of: sorted), asked)
        }
        return sorted
    }

    /// Of versions that were found, oldest first: never none.
    private static func current(of versions: [KeyObject]) -> KeyIdentity { versions[versions.count - 1].identity }

    // MARK: - Using

    /// The key that the token makes of `message` with that version.
    func derive(
        _ message: [UInt8], _ identity: KeyIdentity, _ label: String
    ) throws(KeyBackendError) -> WrappingKey {
        try token.withSession { (session) throws(TokenFailure) in try session.derive(message, identity, label) }
    }

    /// Fails where the token does not answer the same question twice in the same way: what it wrapped could not be
    /// opened.
    func check(_ label: String) throws(KeyBackendError) {
        let version = Self.current(of: try versions(label))
        let message = Array("strongroom/pkcs11/check@v1".utf8) + HostRandom(host: host).bytes(16)
        let (first, second) = (
            try derive(message, version, label), try derive(message, version, label)
        )
        let other = try derive(message + [0], version, label)
        let isRight: Bool
        do throws(SecretMemoryError) {
            let isSame = try first.secret.isEqual(to: second.secret)
            let isConstant = try first.secret.isEqual(to: other.secret)
            isRight = isSame && !isConstant
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        guard isRight else {
            throw KeyBackendError(
                .moduleFault,
                "\(token.name) computes HMAC-SHA256 wrongly: not one answer to one question. Use another token.")
        }
    }

    // MARK: - Making

    /// Makes the first version of a key, unless there is one; says whether it did.
    func create(_ label: String) throws(KeyBackendError) -> Bool {
        try changing { () throws(KeyBackendError) in
            do throws(KeyBackendError) {
                _ = try versions(label)
                return false
            } catch {
                guard error.code == .keyNotFound else { throw error }
            }
            try make(1, label)
            return true
        }
    }

    /// Makes the next version of a key, unless it has gone on from `expected` already.
    func rotate(_ label: String, from expected: String?) throws(KeyBackendError) {
        try changing { () throws(KeyBackendError) in
            let versions = try versions(label)
            let current = Self.current(of: versions)
            if let expected, current.description != expected {
                // An attempt whose answer got lost has done it, or somebody else.
                if versions.contains(where: { $0.identity.description == expected }) { return }
                throw KeyBackendError(
                    .invalidRequest,
                    "'\(label)' has no version '\(expected.prefix(64))' from which it could be rotated.")
            }
            guard current.version < UInt32.max else {
                throw KeyBackendError(.invalidKeyState, "'\(label)' has no version after \(current); make another key.")
            }
            try make(current.version + 1, label)
        }
    }

    private func changing<Value: Sendable>(
        _ body: () throws(KeyBackendError) -> Value
    ) throws(KeyBackendError) -> Value {
        try changes.withLock { (_) throws(KeyBackendError) in try token.changing(body) }
    }

    private func make(_ version: UInt32, _ label: String) throws(KeyBackendError) {
        let identity = KeyIdentity(version: version) { HostRandom(host: host).bytes($0) }
        try token.withWritableSession { (session) throws(TokenFailure) in try session.make(identity, label) }
        _ = try versions(label)
    }

    private func notFound(_ label: String) -> KeyBackendError {
        KeyBackendError(
            .keyNotFound,
            "\(token.name) has no key '\(label.prefix(128))' of Strongroom's; key ids begin with '\(prefix)', and "
                + "list-keys names those that there are.")
    }
}
