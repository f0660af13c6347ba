internal import StrongroomAudit
internal import StrongroomCrypto
internal import StrongroomKeyTrail
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// The backend itself: seals with keys that are in locked memory, so no operation waits for anything but the record
/// that it leaves in the audit trail; what changes the keyring runs on a thread of its own.
///
/// A data key made through the contract is a sealed stream of its 32 bytes (104 bytes) under an epoch's key, bound to
/// keyring, epoch and encryption context.
final class GlacierBackend: KeyBackend {
    static let wrappedSizeBytes = 104

    /// What seals and opens.
    private struct Current {
        var keyring: ArchiveKeyring
        /// By epoch, what this instance has sealed.
        var sealedCounts: [UInt32: Int] = [:]
    }

    let host: any KeyBackendHost
    let trail: ArchiveTrail
    /// Nil once closed.
    private let current: Mutex<Current?>
    /// What is changed, one change after the other; held while a change is written, only on threads that may block.
    private let opened: Mutex<OpenedKeyring<ArchiveKeyring>>
    private let use: KeyringUse

    /// Blocks. `before` and `auditDisk` are for tests that have files fail.
    init(
        _ configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost,
        before: @escaping KeyringFolder.Hook = KeyringFolder.noHook, auditDisk: any FileSystem = PosixFileSystem()
    ) throws(KeyBackendError) {
        try Self.check(configuration.settings)
        let path = try OpenedKeyring<ArchiveKeyring>.path(of: configuration)
        let folder =
            configuration.creates
            ? try KeyringFolder.create(keyring: path, ArchiveKeyring.kind)
            : try KeyringFolder.open(keyring: path, ArchiveKeyring.kind)
        // Before the keyring is read: an epoch that is in it then stays until this instance is closed, or destroys it.
        use = try KeyringUse(folder)
        let opened =
            configuration.creates
            ? try OpenedKeyring<ArchiveKeyring>(creating: configuration, host, before: before)
            : try OpenedKeyring(opening: configuration, before: before)
        trail = try ArchiveTrail(of: opened.content, configuration, host, auditDisk)
        self.host = host
        current = Mutex(Current(keyring: opened.content))
        self.opened = Mutex(opened)
    }

    /// Fails for a setting that would be ignored, and for one that cannot be.
    private static func check(_ settings: [String: String]) throws(KeyBackendError) {
        try KeyringSettings.check(settings, ArchiveKeyring.kind, alsoKnown: KeyringAudit.settingNames)
        _ = try KeyringAudit(settings)
    }

    // MARK: - Keys

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        let call = ArchiveCall(.generateDataKey, request.context)
        return try await answer(call) { (call) throws(KeyBackendError) in
            call.asks(for: request.keyID)
            call.asks(with: request.encryptionContext)
            try Self.checkKeyID(request.keyID)
            let plaintext = try HostRandom(host: host).secret(count: GeneratedDataKey.sizeBytes)
            let wrapped = try wrap(plaintext, request.encryptionContext, call)
            return GeneratedDataKey(plaintext: plaintext, wrapped: wrapped)
        }
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        try await answer(ArchiveCall(.unwrap, request.context)) { (call) throws(KeyBackendError) in
            try unwrap(wrapped, request.encryptionContext, call)
        }
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        try await answer(ArchiveCall(.rewrap, request.context)) { (call) throws(KeyBackendError) in
            try wrap(
                try unwrap(wrapped, request.encryptionContext, call), request.encryptionContext, call)
        }
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        try await answer(ArchiveCall(.describe, request.context)) { (call) throws(KeyBackendError) in
            call.asks(for: request.keyID)
            try Self.checkKeyID(request.keyID)
            return KeyDescription(
                keyID: GlacierKeys.keyID, currentVersion: String(try keyring().currentEpoch), health: .ready)
        }
    }

    func close() async throws(KeyBackendError) {
        current.withLock { $0 = nil }
        use.release()
        await trail.close()
    }

    /// The same on a thread that may block.
    func closeBlocking() {
        current.withLock { $0 = nil }
        use.release()
        trail.closeBlocking()
    }

    /// What seals and opens at this moment.
    func keyring() throws(KeyBackendError) -> ArchiveKeyring {
        guard let current = current.withLock({ $0 }) else { throw Self.closed }
        return current.keyring
    }

    /// By epoch, what this instance has sealed since it was opened.
    func sealedCounts() throws(KeyBackendError) -> [UInt32: Int] {
        guard let current = current.withLock({ $0 }) else { throw Self.closed }
        return current.sealedCounts
    }

    private static let closed = KeyBackendError(.closed, "The archive keys have been closed; open them again.")

    private static func checkKeyID(_ keyID: String?) throws(KeyBackendError) {
        guard keyID == nil || keyID == GlacierKeys.keyID else {
            throw KeyBackendError(
                .keyNotFound, "The archive keys have no key '\(keyID ?? "")'; there is \(GlacierKeys.keyID).")
        }
    }

    private func wrap(
        _ key: borrowing SecretBytes, _ context: EncryptionContext, _ call: ArchiveCall
    ) throws(KeyBackendError) -> WrappedDataKey {
        var keyring = try keyring()
        while true {
            let epoch = keyring.currentEpoch
            let bytes = try keyring.key(of: epoch).wrap(key, boundTo: Self.context(keyring, epoch, context), host)
            assert(bytes.count == Self.wrappedSizeBytes)
            guard let newer = try countSealed(epoch) else {
                call.seals(in: epoch)
                return WrappedDataKey(keyID: GlacierKeys.keyID, keyVersion: String(epoch), bytes: bytes)
            }
            keyring = newer
        }
    }

    private func unwrap(
        _ wrapped: WrappedDataKey, _ context: EncryptionContext, _ call: ArchiveCall
    ) throws(KeyBackendError) -> SecretBytes {
        call.asks(toOpen: wrapped)
        call.asks(with: context)
        try Self.checkKeyID(wrapped.keyID)
        let keyring = try keyring()
        guard let epoch = UInt32(wrapped.keyVersion), String(epoch) == wrapped.keyVersion else {
            throw KeyBackendError(
                .keyNotFound, "'\(wrapped.keyVersion)' is no epoch of the archive keys; epochs are numbers from 1 on.")
        }
        call.opens(in: epoch)
        return try keyring.key(of: epoch).unwrap(
            wrapped.bytes, boundTo: Self.context(keyring, epoch, context),
            name: "epoch \(epoch) of the archive keys in this encryption context")
    }

    private static func context(_ keyring: ArchiveKeyring, _ epoch: UInt32, _ context: EncryptionContext) -> [UInt8] {
        BoundContext.encode(
            "strongroom/glacier/wrap@v1", keyring.keyringID, [Array(String(epoch).utf8), context.canonicalBytes])
    }

    // MARK: - Wraps around wraps

    /// Nothing is recorded here: for `answer`.
    func seal(_ wrap: [UInt8], boundTo context: [UInt8]) throws(KeyBackendError) -> SealedWrap {
        var keyring = try keyring()
        while true {
            let sealed = try SealedWrap(sealing: wrap, boundTo: context, keyring, random: HostRandom(host: host))
            guard let newer = try countSealed(sealed.epoch) else { return sealed }
            keyring = newer
        }
    }

    /// Counts what was sealed; where the epoch was destroyed meanwhile, returns what to seal with instead: what nobody
    /// can open must not be handed out as sealed.
    private func countSealed(_ epoch: UInt32) throws(KeyBackendError) -> ArchiveKeyring? {
        try current.withLock { (current) throws(KeyBackendError) -> ArchiveKeyring? in
            guard let keyring = current?.keyring else { throw Self.closed }
            if try keyring.epoch(epoch).isDestroyed { return keyring }
            current?.sealedCounts[epoch, default: 0] += 1
            return nil
        }
    }

    // MARK: - Changes; block

    /// Begins an epoch, and returns its number. Recorded before it is written, so that there is no change without a
    /// record.
    func rotateEpoch(_ call: ArchiveCall) throws(KeyBackendError) -> UInt32 {
        try opened.withLock { (opened) throws(KeyBackendError) in
            let remnant = try opened.change { (keyring, root) throws(KeyBackendError) in
                try keyring.addEpoch(root, host)
                call.answers("currentEpoch", .integer(Int64(keyring.currentEpoch)))
                try trail.recordBlocking(call)
            }
            if let remnant { host.log(.warning, remnant.remnantMessage) }
            publish(opened.content)
            return opened.content.currentEpoch
        }
    }

    /// Erases an epoch's key for good; recorded, with the receipt's hash, before it is written. Returns why the file
    /// before could not be overwritten, where it could not.
    func destroyEpoch(
        _ number: UInt32, _ call: ArchiveCall
    ) throws(KeyBackendError) -> (receipt: [UInt8], remnant: KeyBackendError?) {
        try opened.withLock { (opened) throws(KeyBackendError) in
            let remnant = try opened.erase(use) { (keyring, _) throws(KeyBackendError) in
                try keyring.destroyEpoch(number, host)
                try call.answers(try keyring.receipt(of: number))
                try trail.recordBlocking(call)
            }
            publish(opened.content)
            return (try opened.content.receipt(of: number), remnant)
        }
    }

    func replaceRootKey(_ configuration: borrowing KeyBackendConfiguration) throws(KeyBackendError) {
        try Self.check(configuration.settings)
        let call = ArchiveCall(.replaceRootKey)
        do throws(KeyBackendError) {
            try opened.withLock { (opened) throws(KeyBackendError) in
                try trail.recordBlocking(call)
                try opened.replaceRootKey(configuration, host)
            }
        } catch {
            // Where this cannot be recorded either, the first record stays for an attempt whose end is not known.
            if !error.isOfAudit { try? trail.recordBlocking(call, failure: error) }
            throw error
        }
    }

    /// Only what is durable seals: an epoch that a crash could take back must not have been used.
    private func publish(_ keyring: ArchiveKeyring) {
        current.withLock { $0?.keyring = keyring }
    }
}
