import Foundation
import StrongroomAudit
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

/// The trail of a keyring on a simulated disk, and what stands in it.
struct SimulatedTrail {
    let files: AuditFiles
    var disk: SimulatedFileSystem

    /// - Parameter folder: the backend's in the keyring, which is on the real disk; the trail wants one of the same
    ///   name on this one.
    init(beside folder: FilePath, seed: UInt64) throws {
        files = AuditFiles(folder: folder.appending("audit"), anchorFolder: folder)
        disk = SimulatedFileSystem(seed: seed)
        var path = FilePath("/")
        for component in folder.components {
            path.append(component)
            try disk.createDirectory(path)
            try disk.synchronizeDirectory(path.removingLastComponent())
        }
    }

    var reader: AuditLogReader { AuditLogReader(files, fileSystem: disk) }

    func records() throws -> [[String: Any]] { try Self.records(reader) }

    func verify() throws -> AuditReport { try Self.verify(reader) }

    static func records(_ reader: AuditLogReader) throws -> [[String: Any]] {
        var found: [[String: Any]] = []
        try reader.records { (_, bytes) throws(AuditError) in
            found.append((try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] ?? [:])
            return true
        }
        return found
    }

    static func verify(_ reader: AuditLogReader) throws -> AuditReport {
        let key = try reader.key()
        let anchor = try reader.anchorNote().map { try SignedCheckpoint($0, verifiedBy: key) }
        return try AuditVerifier.verify(reader, key: key, anchor: anchor)
    }
}
