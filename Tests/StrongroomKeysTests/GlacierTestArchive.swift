import StrongroomKeyTrail
import StrongroomKeyring
import StrongroomKeys
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

@testable import StrongroomGlacierKeys

/// A keyring of archive keys in a folder that goes away.
final class GlacierTestArchive: Sendable {
    let folder = TemporaryFolder()

    var keyring: FilePath { folder.path.appending("keyring") }
    var inner: FilePath { keyring.appending("glacier") }
    var document: FilePath { inner.appending("keyring") }

    func open(
        _ rootKey: consuming GlacierKeys.RootKey = .recorded, creates: Bool = false,
        host: any KeyBackendHost = ProcessKeyBackendHost.silent
    ) async throws -> KeyBackendInstance {
        try await KeyBackendInstance.open(
            GlacierKeys.table,
            configuration: GlacierKeys.configuration(keyring: keyring, rootKey: rootKey, creates: creates), host: host)
    }

    /// Without the contract between, and without a trail: one process at a time has that.
    func backend(creates: Bool = false) throws(KeyBackendError) -> GlacierBackend {
        try GlacierBackend(
            GlacierKeys.configuration(keyring: keyring, creates: creates, audit: .off), ProcessKeyBackendHost.silent)
    }

    /// The code with which opening without a trail fails; nil where it opens.
    func refusal(_ rootKey: consuming GlacierKeys.RootKey = .recorded) -> KeyBackendError.Code? {
        do throws(KeyBackendError) {
            _ = try GlacierBackend(
                GlacierKeys.configuration(keyring: keyring, rootKey: rootKey, audit: .off),
                ProcessKeyBackendHost.silent)
            return nil
        } catch {
            return error.code
        }
    }

    func confirmation(_ epoch: UInt32) throws -> String {
        let (file, _) = try KeyringFile.decode(try TestFile.read(document), ArchiveKeyring.kind)
        return "destroy epoch \(epoch) of \(Hexadecimal.encode(file.header.keyringID))"
    }

    func status(_ instance: KeyBackendInstance) async throws -> [String: JSONValue] {
        try JSONValue.object(
            parsing: try await instance.control(ControlRequest(json: Array(#"{"operation":"status"}"#.utf8))))
    }

    /// A sealed wrap, altered by somebody who knows the format: the checksum fits again.
    static func forged(_ sealed: [UInt8], _ alter: (inout [UInt8]) -> Void) -> [UInt8] {
        var forged = sealed
        alter(&forged)
        let rest = Array(forged[..<12] + forged[16...])
        var checksum: [UInt8] = []
        checksum.appendLittleEndian(CRC32C.checksum(unsafe rest.span.bytes))
        forged.replaceSubrange(12..<16, with: checksum)
        return forged
    }
}

extension GlacierBackend {
    func rotateEpoch() throws(KeyBackendError) -> UInt32 { try rotateEpoch(ArchiveCall(.rotateEpoch)) }

    func destroyEpoch(_ number: UInt32) throws(KeyBackendError) -> KeyBackendError? {
        try destroyEpoch(number, ArchiveCall(.destroyEpoch)).remnant
    }
}
