internal import StrongroomAudit
internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

extension KeyTrail {
    /// Opens the trail of a keyring, or makes it. Blocks.
    static func open(
        _ keyring: inout OpenedKeyring<ServiceKeyring>, _ configuration: borrowing KeyBackendConfiguration,
        _ host: any KeyBackendHost, _ disk: any FileSystem
    ) throws(KeyBackendError) -> KeyTrail {
        let owner = keyring.content.registry.owner
        let audit = try KeyServiceSettings.audit(configuration.settings)
        if audit == .off { return KeyTrail(nil, owner, host) }
        let folder = try OpenedKeyring<ServiceKeyring>.path(of: configuration).appending(KeyService.folderName)
        var trailFolder = folder.appending("audit")
        if case .inFolder(let path) = audit { trailFolder = path }
        let seed = try keyring.auditSeed(host)
        do throws(AuditError) {
            let writer = try AuditLogOpening(
                AuditFiles(folder: trailFolder, anchorFolder: folder),
                originPrefix: "strongroom.audit/" + Hexadecimal.encode(keyring.content.keyringID),
                fileSystem: disk, random: HostRandom(host: host)
            ).open(seed: seed)
            let log = AuditLog(writer, clock: HostClock(host: host)) { [host] error in
                host.log(.error, "The audit trail could not be signed: \(error)")
            }
            return KeyTrail(log, owner, host)
        } catch {
            throw KeyBackendError(error)
        }
    }
}

/// The host's clocks.
struct HostClock: StoreClock {
    let host: any KeyBackendHost

    func wallMilliseconds() -> Int64 { host.wallMilliseconds() }
    func bootNanoseconds() -> UInt64 { host.bootNanoseconds() }
}

extension KeyBackendError {
    /// A failure of the trail, which fails the call that it is about.
    init(_ error: AuditError) {
        self.init(error.code == .closed ? .closed : .auditUnavailable, error.message, underlying: error)
    }
}

extension KeyServiceError {
    init(_ error: AuditError) { self.init(KeyBackendError(error)) }

    /// Whether the trail is what failed.
    var isOfAudit: Bool { (underlying as? KeyBackendError)?.underlying is AuditError }
}
