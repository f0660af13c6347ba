internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomSignature
internal import Synchronization

/// Signing keys that were derived already, with the users whose they are, for as long as users are as they were.
///
/// Deriving one takes five HMACs, and the secret from its row, and a user's policies are documents to be read; a client
/// signs all its requests of a day with one key.
final class SigningKeyCache: Sendable {
    struct Name: Hashable, Sendable {
        var accessKeyID: String
        /// Of temporary credentials. Another token with the same id is another key.
        var sessionToken: String?
        var scope: CredentialScope
    }

    struct Entry: Sendable {
        var user: AuthenticatedUser
        var key: SigningKey
    }

    private struct State: Sendable {
        var entries: [Name: Entry] = [:]
        /// The version of the store's users that the entries are of.
        var version: UInt64 = 0
    }

    /// More than that are forgotten all at once: they are a cache.
    static let countMaximum = 1_024

    private let state = Mutex(State())

    func entry(_ name: Name, version: UInt64) -> Entry? {
        state.withLock { $0.version == version ? $0.entries[name] : nil }
    }

    /// - Parameter version: of the users, as it was before the entry was read from them.
    func keep(_ entry: Entry, _ name: Name, version: UInt64) {
        state.withLock { state in
            if state.version != version || state.entries.count >= Self.countMaximum { state.entries = [:] }
            state.version = version
            state.entries[name] = entry
        }
    }
}
