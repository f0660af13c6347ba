#if CommandLineTool
internal import ArgumentParser

struct StrongroomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "An encrypted object store in a directory.",
        subcommands: [
            InitCommand.self, BucketCommand.self, PutCommand.self, GetCommand.self, HeadCommand.self, ListCommand.self,
            CopyCommand.self, DeleteCommand.self, EncryptionCommand.self, KeyCommand.self, TagCommand.self,
            RetentionCommand.self, LegalHoldCommand.self,
            ClockCommand.self, UploadCommand.self, ChangesCommand.self, ConsumerCommand.self, ImportCommand.self,
            ExportCommand.self, VerifyCommand.self, RepairCommand.self, BackupCommand.self, RestoreCommand.self,
            StatsCommand.self, CompactCommand.self, AuditCommand.self, ModuleCommand.self, DemoCommand.self,
        ])
}
#endif
