import Foundation
import StrongroomAudit
import StrongroomKeyring
import StrongroomKeys
import StrongroomSimulation
import StrongroomSystem
import SystemPackage

@testable import StrongroomKMS

/// A key service whose trail is on a simulated disk, and what stands in it.
struct AuditedService {
    let folder = TemporaryFolder()
    let host = ClockedHost()
    var disk: SimulatedFileSystem

    init(seed: UInt64 = 1) throws {
        disk = SimulatedFileSystem(seed: seed)
        // The keyring itself is on the real disk; the trail wants a folder of the same name on this one.
        var path = FilePath("/")
        for component in inner.components {
            path.append(component)
            try disk.createDirectory(path)
            try disk.synchronizeDirectory(path.removingLastComponent())
        }
    }

    var keyring: FilePath { folder.path.appending("keyring") }
    var inner: FilePath { keyring.appending("kms") }
    var files: AuditFiles { AuditFiles(folder: inner.appending("audit"), anchorFolder: inner) }
    var reader: AuditLogReader { AuditLogReader(files, fileSystem: disk) }

    func open(
        creates: Bool = false, settings: [String: String] = [:],
        before: @escaping KeyringFolder.Hook = KeyringFolder.noHook
    ) throws -> KeyService {
        try KeyService(
            KeyBackendConfiguration(keyring: keyring, creates: creates, settings: settings), host, before: before,
            auditDisk: disk)
    }

    func records() throws -> [[String: Any]] {
        var found: [[String: Any]] = []
        try reader.records { (_, bytes) throws(AuditError) in
            found.append((try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] ?? [:])
            return true
        }
        return found
    }

    func verify() throws -> AuditReport {
        let key = try reader.key()
        let anchor = try reader.anchorNote().map { try SignedCheckpoint($0, verifiedBy: key) }
        return try AuditVerifier.verify(reader, key: key, anchor: anchor)
    }
}
