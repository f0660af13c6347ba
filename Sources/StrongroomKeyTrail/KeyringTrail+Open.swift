internal import StrongroomAudit
package import StrongroomCrypto
internal import StrongroomKeyring
package import StrongroomKeys
package import StrongroomSystem
package import SystemPackage

extension KeyringTrail {
    /// Opens the trail of a keyring, or makes it. Blocks.
    ///
    /// - Parameters:
    ///   - audit: whether and where it is.
    ///   - folder: the backend's folder in the keyring; anchor and public key stand there.
    ///   - isNew: whether the keyring has just been made: then an error says that it is there.
    ///   - origin: what the name of the trail begins with: no other keyring's does.
    ///   - issuer: whose calls it tells of.
    ///   - host: clocks, randomness, a log.
    ///   - disk: where the trail is.
    ///   - seed: by which it is signed; not asked for where nothing is recorded.
    package static func open(
        _ audit: KeyringAudit, beside folder: FilePath, isNew: Bool, origin: String, _ issuer: Issuer,
        _ host: any KeyBackendHost, _ disk: any FileSystem, seed: () throws(KeyBackendError) -> SharedSecret
    ) throws(KeyBackendError) -> KeyringTrail {
        do throws(KeyBackendError) {
            return try open(audit, beside: folder, origin: origin, issuer, host, disk, seed: seed)
        } catch {
            throw isNew ? error.afterMaking(keyring: folder) : error
        }
    }

    private static func open(
        _ audit: KeyringAudit, beside folder: FilePath, origin: String, _ issuer: Issuer,
        _ host: any KeyBackendHost, _ disk: any FileSystem, seed: () throws(KeyBackendError) -> SharedSecret
    ) throws(KeyBackendError) -> KeyringTrail {
        let trailFolder: FilePath
        switch audit {
        case .off: return KeyringTrail(nil, issuer, host)
        case .inKeyring: trailFolder = folder.appending("audit")
        case .inFolder(let path): trailFolder = path
        }
        let seed = try seed()
        do throws(AuditError) {
            let writer = try AuditLogOpening(
                AuditFiles(folder: trailFolder, anchorFolder: folder), originPrefix: origin, fileSystem: disk,
                random: HostRandom(host: host)
            ).open(seed: seed)
            let log = AuditLog(writer, clock: HostClock(host: host)) { [host] error in
                host.log(.error, "The audit trail could not be signed: \(error)")
            }
            return KeyringTrail(log, issuer, host)
        } catch {
            throw KeyBackendError(error)
        }
    }
}

/// The host's clocks.
private struct HostClock: StoreClock {
    let host: any KeyBackendHost

    func wallMilliseconds() -> Int64 { host.wallMilliseconds() }
    func bootNanoseconds() -> UInt64 { host.bootNanoseconds() }
}
