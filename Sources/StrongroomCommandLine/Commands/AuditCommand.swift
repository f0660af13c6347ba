#if CommandLineTool
internal import ArgumentParser

/// The audit trail of the key service, or that of the archive keys. Nothing of this needs a key or the store: who has
/// the files and the public key can do it, elsewhere, too.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show and verify the audit trail of the key service, or of archive keys.",
        subcommands: [
            AuditShowCommand.self, AuditVerifyCommand.self, AuditExportCommand.self, AuditProofCommand.self,
            AuditGrowthCommand.self, AuditCheckpointCommand.self, AuditKeyCommand.self,
        ])
}
#endif
