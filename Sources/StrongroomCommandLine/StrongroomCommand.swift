#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct StrongroomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "An encrypted object store in a directory.",
        version: "strongroom \(Store.softwareVersion)",
        subcommands: commands + served)

    private static let commands: [any ParsableCommand.Type] = [
        InitCommand.self, BucketCommand.self, PutCommand.self, GetCommand.self, HeadCommand.self, ListCommand.self,
        CopyCommand.self, DeleteCommand.self, EncryptionCommand.self, KeyCommand.self, UserCommand.self,
        RoleCommand.self, TagCommand.self, RetentionCommand.self, LegalHoldCommand.self, LifecycleCommand.self,
        ClockCommand.self, UploadCommand.self, ChangesCommand.self, ConsumerCommand.self, ImportCommand.self,
        ExportCommand.self, VerifyCommand.self, RepairCommand.self, BackupCommand.self, RestoreCommand.self,
        StatsCommand.self, CompactCommand.self, AuditCommand.self, ModuleCommand.self, DemoCommand.self,
    ]

    #if HTTPServer
    private static let served: [any ParsableCommand.Type] = [ServeCommand.self]
    #else
    private static let served: [any ParsableCommand.Type] = []
    #endif
}
#endif
