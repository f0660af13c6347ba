package import StrongroomKeyring
package import StrongroomKeys
package import StrongroomSystem
internal import Synchronization
public import SystemPackage

/// A key management service in the process: keys with states, names and versions, after the model of AWS KMS.
///
/// A key never leaves the service. It seals data keys, each bound to an encryption context, and opens them again for
/// whoever names the same context. Keys live in a keyring folder; what changes them is durable when it returns, and
/// runs on a thread of its own; data keys are sealed and opened without waiting for anything but the record that each
/// call leaves in the audit trail.
///
/// A multi-Region key has related keys in keyrings of other regions, of the same id and materials: see
/// <doc:MultiRegionKeys>.
///
/// A key is named by its id, its ARN, an alias, or the alias's ARN. One process at a time changes a keyring: a second
/// one is refused once it finds that the keyring has changed.
public final class KeyService: Sendable {
    /// The alias of the key that the service makes for itself, used where no key is named.
    public static let defaultKeyID = "alias/aws/s3"
    /// The folder in the keyring that belongs to the service.
    public static let folderName: FilePath.Component = "kms"

    let host: any KeyBackendHost
    let cache = MaterialCache()
    let meter: RequestMeter
    let lastUses: LastUses
    /// Nil where there are none.
    let quotas: SharedQuotas?
    let imports = ImportParameters()
    let trail: KeyTrail
    let due = DueWork()
    let clock: ClockWitness
    let related = RelatedKeysUpkeep()
    let owner: KeyOwner
    /// How related keys of other services know this one's.
    let member: MultiRegionRecord.Member
    private let upkeep = KeyUpkeep()
    /// What seals and opens at this moment: a value, so that a change never disturbs an operation that runs. Nil once
    /// closed.
    private let snapshot: Mutex<ServiceKeyring?>
    /// What is changed; held while a change is written, only on threads that may block. Nil once closed: with it the
    /// root keys are gone.
    private let keyring: Mutex<OpenedKeyring<ServiceKeyring>?>
    private let thread = ChangeThread()

    /// Opens the keyring of a configuration. Blocks. `before` and `auditDisk` are for tests that have files fail.
    package init(
        _ configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost,
        before: @escaping KeyringFolder.Hook = KeyringFolder.noHook, auditDisk: any FileSystem = PosixFileSystem()
    ) throws(KeyBackendError) {
        meter = RequestMeter(price: try KeyServiceSettings.price(configuration.settings))
        lastUses = LastUses(startMilliseconds: host.wallMilliseconds())
        quotas = SharedQuotas(try KeyQuotas(configuration.settings))
        var keyring = try Self.open(configuration, host, before)
        trail = try KeyTrail.open(&keyring, configuration, host, auditDisk)
        owner = keyring.content.registry.owner
        member = .init(region: owner.region, keyringID: keyring.content.keyringID)
        self.host = host
        clock = ClockWitness(host)
        snapshot = Mutex(keyring.content)
        self.keyring = Mutex(keyring)
        upkeep.start(of: self)
        OpenKeyServices.shared.register(self)
    }

    var account: String { owner.account }

    private static func open(
        _ configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost,
        _ before: @escaping KeyringFolder.Hook
    ) throws(KeyBackendError) -> OpenedKeyring<ServiceKeyring> {
        // First, so that nothing is made for a request that is refused.
        try KeyServiceSettings.check(configuration.settings, creates: configuration.creates)
        return configuration.creates
            ? try OpenedKeyring(creating: configuration, host, before: before)
            : try OpenedKeyring(opening: configuration, before: before)
    }

    /// Ends the service: waits for changes that run, and drops the keys. Every call afterwards fails.
    public func close() async {
        OpenKeyServices.shared.unregister(self)
        upkeep.stop()
        snapshot.withLock { $0 = nil }
        await thread.shutDown()
        keyring.withLock { $0 = nil }
        await trail.close()
        cache.removeAll()
        imports.removeAll()
    }

    // MARK: - For the operations

    /// What seals and opens at this moment, whatever is due.
    func current() throws(KeyServiceError) -> ServiceKeyring {
        guard let snapshot = snapshot.withLock({ $0 }) else { throw KeyServiceError.closed }
        return snapshot
    }

    /// Changes the registry on the thread for it. Only what is durable is seen by other operations: a crash takes
    /// nothing back that has been used.
    ///
    /// - Parameters:
    ///   - tellsRelated: whether related keys hear of it where it is about one of several regions.
    ///   - body: what is changed.
    func changeRegistry<Value: Sendable>(
        tellsRelated: Bool = false,
        _ body: @escaping @Sendable (inout KeyRegistry, MaterialSealer) throws(KeyServiceError) -> Value
    ) async throws(KeyServiceError) -> Value {
        try await thread.run(otherwise: KeyServiceError.closed) { [self] () throws(KeyServiceError) in
            try keyring.withLock { (opened) throws(KeyServiceError) in
                guard var keyring = opened.take() else { throw KeyServiceError.closed }
                // Also where it throws: nothing has changed then.
                defer { opened = keyring }
                let before = keyring.content.registry
                let (value, remnant) = try keyring.changeRegistry(body)
                publish(keyring)
                // Only now: an attempt that runs meanwhile would find nothing new, and have done with it.
                if tellsRelated && keyring.content.registry.relatedKeys != before.relatedKeys { related.markDue() }
                if let remnant { host.log(.warning, remnant.remnantMessage) }
                return value
            }
        }
    }

    /// Runs on the thread for changes.
    func changeRootKey(
        _ body: @escaping @Sendable (inout OpenedKeyring<ServiceKeyring>) throws(KeyBackendError) -> Void
    ) async throws(KeyBackendError) {
        let closed = KeyBackendError(KeyServiceError.closed)
        try await thread.run(otherwise: closed) { [self] () throws(KeyBackendError) in
            try keyring.withLock { (opened) throws(KeyBackendError) in
                guard var keyring = opened.take() else { throw closed }
                // Also where the old root key's file could not be removed: the new one is in force by then.
                defer {
                    publish(keyring)
                    opened = keyring
                }
                try body(&keyring)
            }
        }
    }

    private func publish(_ keyring: OpenedKeyring<ServiceKeyring>) {
        snapshot.withLock { snapshot in
            if snapshot != nil { snapshot = keyring.content }
        }
    }
}
