#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import StrongroomAudit
internal import StrongroomSystem
internal import SystemPackage

/// Where a trail and what checks it are.
struct AuditLocation: ParsableArguments {
    @Option(help: "The store's directory; by default what STRONGROOM_STORE names.")
    var store: String?
    @Option(help: "The keyring's directory; by default DIR.keyring, beside the store.")
    var keyring: String?
    @Flag(help: "The trail of the archive keys, in the keyring's folder glacier instead of kms.")
    var archive = false
    @Option(help: "The folder of the trail; by default kms/audit in the keyring, or glacier/audit.")
    var auditFolder: String?
    @Option(help: "The file with the public key; by default kms/audit-key in the keyring, or glacier/audit-key.")
    var publicKey: String?
    @OptionGroup var output: OutputOptions

    var console: Console { output.console }

    func source() throws -> AuditSource {
        let folder = try keyringPath().appending(archive ? "glacier" : "kms")
        let files = AuditFiles(
            folder: auditFolder.map { Surroundings.current.path($0) } ?? folder.appending("audit"), anchorFolder: folder
        )
        return AuditSource(
            reader: AuditLogReader(files, fileSystem: PosixFileSystem()), anchorFile: files.anchor,
            publicKeyFile: publicKey)
    }

    private func keyringPath() throws -> FilePath {
        if let keyring { return Surroundings.current.path(keyring) }
        if let store = StoreLocation.path(named: store) { return try StorePlace(store).keyring }
        throw ValidationError("Name the store with --store DIR or STRONGROOM_STORE, or its keyring with --keyring DIR.")
    }
}

/// A trail and its key. Blocking: used through ``Offload``.
struct AuditSource: Sendable {
    let reader: AuditLogReader
    fileprivate let anchorFile: FilePath
    fileprivate let publicKeyFile: String?

    /// The key of the file that is named, or the one in the keyring.
    func key() throws(AuditError) -> AuditVerifierKey {
        guard let publicKeyFile else { return try reader.key() }
        return try AuditVerifierKey(try Self.text(of: publicKeyFile))
    }

    /// Checks the trail against the checkpoint in the keyring and the one in the file that is named. Without either
    /// nobody could tell that its end is missing.
    func verified(keptCheckpoint file: String?) throws(AuditError) -> AuditReport {
        let key = try key()
        let anchorNote = try reader.anchorNote()
        guard anchorNote != nil || file != nil else {
            throw AuditError(
                .notFound,
                "There is no checkpoint at \(anchorFile); name one that was kept with --checkpoint, or the keyring where it "
                    + "is with --keyring.")
        }
        let anchor = try anchorNote.map { (note) throws(AuditError) in try SignedCheckpoint(note, verifiedBy: key) }
        let kept = try file.map { (file) throws(AuditError) in
            try SignedCheckpoint(try Self.text(of: file), verifiedBy: key)
        }
        return try AuditVerifier.verify(reader, key: key, anchor: anchor, kept: kept)
    }

    private static func text(of path: String) throws(AuditError) -> String {
        do throws(CommandFailure) {
            if let text = try TextFile.readIfPresent(Surroundings.current.path(path)) { return text }
        } catch {
            throw AuditError(.unavailable, error.message)
        }
        throw AuditError(.notFound, "there is no file \(quoted(path)); name the one that was kept")
    }
}

/// Runs `body`, whose failures are the command's.
func auditing<Value>(_ body: () throws(AuditError) -> Value) throws(CommandFailure) -> Value {
    do throws(AuditError) {
        return try body()
    } catch {
        throw CommandFailure(failure(error.code), printable(error.message))
    }
}

private func failure(_ code: AuditError.Code) -> CommandFailure.Code {
    switch code {
    case .damaged: .verificationFailed
    case .malformed: .malformedFile
    case .notFound: .notFound
    default: .inputOutput
    }
}
#endif
