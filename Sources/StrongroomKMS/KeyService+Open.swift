public import StrongroomCrypto
internal import StrongroomKeyring
public import StrongroomKeys
internal import StrongroomSystem
public import SystemPackage

extension KeyService {
    /// What opens the keyring.
    public enum RootKey: ~Copyable, Sendable {
        /// When creating: a new root key file in the keyring. When opening: the file that is recorded there.
        case recorded
        /// The file at this absolute path; when creating, it is made if there is none, outside the service's folder.
        case file(FilePath)
        /// A passphrase, stretched by scrypt; used while opening and kept nowhere.
        case passphrase(SecretBytes)

        /// The same for the target beneath, which no user of the service has to import.
        fileprivate consuming func inKeyring() -> KeyringRootKey {
            switch consume self {
            case .recorded: .recorded
            case .file(let path): .file(path)
            case .passphrase(let passphrase): .passphrase(passphrase)
            }
        }
    }

    /// Opens a keyring, or makes one.
    ///
    /// - Parameters:
    ///   - keyring: the keyring folder, an absolute path; the service's files are in a folder of it.
    ///   - rootKey: what opens it, or will.
    ///   - creates: make a new keyring; fails with `keyringExists` if there is one.
    ///   - account: when creating, the account in the keys' ARNs: twelve digits, zeros by default.
    ///   - region: when creating, the region in the keys' ARNs; us-east-1 by default.
    ///   - scryptCostExponent: when creating with a passphrase, the price of guessing it: N is two to this power.
    ///   - quotas: how many requests it answers; by default all.
    ///   - requestPrice: what 10,000 requests cost, for ``meteredRequests(of:as:)``; by default nothing.
    ///   - audit: whether and where the audit trail is kept.
    ///   - host: what the service uses: clocks, randomness, a log.
    public static func open(
        keyring: FilePath, rootKey: consuming RootKey = .recorded, creates: Bool = false, account: String? = nil,
        region: String? = nil, scryptCostExponent: Int? = nil, quotas: KeyQuotas = .unlimited,
        requestPrice: RequestPrice = .zero, audit: KeyAudit = .inKeyring,
        host: any KeyBackendHost = ProcessKeyBackendHost.silent
    ) async throws(KeyBackendError) -> KeyService {
        let configuration = SharedConfiguration(
            configuration(
                keyring: keyring, rootKey: rootKey, creates: creates, account: account, region: region,
                scryptCostExponent: scryptCostExponent, quotas: quotas, requestPrice: requestPrice, audit: audit))
        return try await onThread { () throws(KeyBackendError) in try KeyService(configuration.value, host) }
    }

    /// Seals the keyring under another root key or passphrase, in one step; data keys stay as they are.
    ///
    /// After a crash either the old or the new root key opens it. A root key file that the service made in the
    /// keyring is removed once it is replaced; one elsewhere is left.
    public func replaceRootKey(
        _ rootKey: consuming RootKey, scryptCostExponent: Int? = nil
    ) async throws(KeyBackendError) {
        let configuration = SharedConfiguration(
            Self.configuration(keyring: nil, rootKey: rootKey, scryptCostExponent: scryptCostExponent))
        let event = trail.event("ReplaceRootKey", of: nil)
        do throws(KeyBackendError) {
            try await changeRootKey { [host, trail] (keyring) throws(KeyBackendError) in
                do throws(KeyServiceError) {
                    try trail.recordBlocking(event)
                } catch {
                    throw KeyBackendError(error)
                }
                try keyring.replaceRootKey(configuration.value, host)
            }
        } catch {
            // Where this cannot be recorded either, the first record stays for an attempt whose end is not known.
            if error.code != .closed { try? await trail.record(event, failure: KeyServiceError(error)) }
            throw error
        }
    }

    /// The configuration with which a host opens the service as a key backend.
    package static func configuration(
        keyring: FilePath?, rootKey: consuming RootKey = .recorded, creates: Bool = false, account: String? = nil,
        region: String? = nil, scryptCostExponent: Int? = nil, quotas: KeyQuotas = .unlimited,
        requestPrice: RequestPrice = .zero, audit: KeyAudit = .inKeyring
    ) -> KeyBackendConfiguration {
        var configuration = rootKey.inKeyring().configuration(
            keyring: keyring, creates: creates, scryptCostExponent: scryptCostExponent)
        configuration.settings[KeyServiceSettings.account] = account
        configuration.settings[KeyServiceSettings.region] = region
        configuration.settings.merge(quotas.settings) { _, quota in quota }
        if requestPrice != .zero { configuration.settings[KeyServiceSettings.price] = requestPrice.description }
        configuration.settings.merge(audit.settings) { $1 }
        return configuration
    }

    /// What takes long, and is rare, on a thread of its own.
    static func onThread<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let threads = IOThreadPool(threadCount: 1, name: "kms-work")
        do throws(Failure) {
            let value = try await threads.run(work)
            await threads.shutDown()
            return value
        } catch {
            await threads.shutDown()
            throw error
        }
    }
}

/// A configuration that another thread reads; its secret is zeroed with the last reference.
private final class SharedConfiguration: Sendable {
    let value: KeyBackendConfiguration
    init(_ value: consuming KeyBackendConfiguration) { self.value = value }
}
