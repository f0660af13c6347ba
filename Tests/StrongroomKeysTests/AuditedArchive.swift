import StrongroomAudit
import StrongroomCrypto
import StrongroomKeys
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

@testable import StrongroomGlacierKeys
@testable import StrongroomKeyring

/// Archive keys, through the contract, whose trail is on a simulated disk.
struct AuditedArchive {
    let archive = GlacierTestArchive()
    let host = ClockedHost()
    var trail: SimulatedTrail

    init(seed: UInt64 = 1) throws { trail = try SimulatedTrail(beside: archive.inner, seed: seed) }

    func open(
        creates: Bool = false, settings: [String: String] = [:],
        before: @escaping KeyringFolder.Hook = KeyringFolder.noHook
    ) async throws(KeyBackendError) -> KeyBackendInstance {
        let table = exportKeyBackend(name: "glacier", version: "0", capabilities: [.returnsPromptly, .bindsContext]) {
            [disk = trail.disk] (configuration, host) throws(KeyBackendError) in
            try GlacierBackend(configuration, host, before: before, auditDisk: disk)
        }
        return try await KeyBackendInstance.open(
            table,
            configuration: KeyBackendConfiguration(keyring: archive.keyring, creates: creates, settings: settings),
            host: host)
    }

    /// What the keyring's file says of its epochs.
    func epochs() throws -> [ArchiveEpoch] {
        try ArchiveDocument(
            try KeyringFile.decode(try TestFile.read(archive.document), ArchiveKeyring.kind).file
        ).epochs
    }

    func records(_ name: ArchiveOperation? = nil) throws -> [[String: Any]] {
        try trail.records().filter { name == nil || $0["eventName"] as? String == name?.rawValue }
    }

    /// Of each destroyed epoch of the keyring, the hash of its receipt.
    func receiptHashes() throws -> Set<String> {
        Set(
            try epochs().compactMap { epoch in
                guard case .destroyed(let receipt) = epoch.key else { return nil }
                return try Self.hash(receipt)
            })
    }

    /// The hashes of receipts that records of destructions which went well name.
    func recordedReceiptHashes() throws -> Set<String> { try Self.recordedReceiptHashes(trail.records()) }

    static func recordedReceiptHashes(_ records: [[String: Any]]) -> Set<String> {
        Set(
            records.filter { $0["eventName"] as? String == "DestroyEpoch" }.compactMap {
                ($0["responseElements"] as? [String: Any])?["receiptSHA256"] as? String
            })
    }

    static func hash(_ bytes: [UInt8]) throws -> String {
        // Safe: bytes have no padding to be read.
        Hexadecimal.encode(try Digest.hash(.sha256, unsafe bytes.span.bytes))
    }
}
