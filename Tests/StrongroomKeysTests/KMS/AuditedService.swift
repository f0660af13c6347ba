import StrongroomAudit
import StrongroomKeyring
import StrongroomKeys
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

@testable import StrongroomKMS

/// A key service whose trail is on a simulated disk, and what stands in it.
struct AuditedService {
    let folder: TemporaryFolder
    let host = ClockedHost()
    private var trail: SimulatedTrail

    init(seed: UInt64 = 1) throws {
        folder = TemporaryFolder()
        trail = try SimulatedTrail(beside: folder.path.appending("keyring").appending("kms"), seed: seed)
    }

    var keyring: FilePath { folder.path.appending("keyring") }
    var inner: FilePath { keyring.appending("kms") }
    var files: AuditFiles { trail.files }
    var reader: AuditLogReader { trail.reader }
    var disk: SimulatedFileSystem {
        get { trail.disk }
        set { trail.disk = newValue }
    }

    func open(
        creates: Bool = false, settings: [String: String] = [:],
        before: @escaping KeyringFolder.Hook = KeyringFolder.noHook
    ) throws -> KeyService {
        try KeyService(
            KeyBackendConfiguration(keyring: keyring, creates: creates, settings: settings), host, before: before,
            auditDisk: disk)
    }

    func records() throws -> [[String: Any]] { try trail.records() }

    func verify() throws -> AuditReport { try trail.verify() }
}
