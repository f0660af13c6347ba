#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import Strongroom
internal import Synchronization
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the store into a folder of backups; list and verify these.",
        subcommands: [
            BackupCreateCommand.self, BackupListCommand.self, BackupVerifyCommand.self, BackupRemoveCommand.self,
        ],
        defaultSubcommand: BackupCreateCommand.self)
}

struct BackupCreateCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Copy the store into a folder, as of its last commit.",
        discussion: """
            The folder is made where there is none; else it is empty, or has earlier backups of this store: what they \
            have already is not copied again. No key goes along: keep a copy of the keyring elsewhere.
            """)

    @Argument(help: ArgumentHelp("The folder.", valueName: "dest"))
    var folder: String
    @Option(
        help: """
            The name of a consumer that keeps the journal until the next backup with that name, so that every commit \
            between the two can be restored.
            """)
    var consumer: String?
    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        try checkFolder()
        let progress = BackupDisplay("backup", console)
        defer { progress.finish() }
        var options = BackupOptions()
        options.consumer = consumer
        let report = try await store.backUp(to: Surroundings.current.path(folder), options: options) {
            progress.show($0)
        }
        progress.finish()
        try report.tell(console, "backed up", reused: true)
    }
}

extension BackupCreateCommand {
    /// A copy of the keyring would have the store with it: who has the one is not to have the other.
    private func checkFolder() throws {
        let keyring = try StorePlace(
            location.path(), keyring: location.keys.keyring.map(Surroundings.current.path)
        ).keyring
        let folder = try ModuleChoice.absolute(Surroundings.current.path(folder))
        guard folder.starts(with: keyring) else { return }
        throw StoreError(
            .invalidArgument, "The folder \(folder) lies in the keyring; name one outside, best elsewhere.")
    }
}

struct BackupListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the backups in a folder.")

    @Argument(help: ArgumentHelp("The folder.", valueName: "dest"))
    var folder: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let path = Surroundings.current.path(folder)
        // Safe: the call only reads the path, for as long as it takes.
        if unsafe access(path.string, F_OK) != 0, errno == ENOENT {
            throw CommandFailure(
                .notFound, "There is no folder \(quoted(folder)); name the one that backups were made in.")
        }
        for backup in try await Store.backups(in: path) {
            var record = BackupRecord(backup)
            record.continuesEarlier = backup.continuesEarlier
            output.console.emit(
                record,
                text: "\(record.number)  \(record.time)  commits \(record.firstLsn) to \(record.lastLsn)"
                    + (backup.continuesEarlier ? ", and those since the backup before" : ""))
        }
    }
}

struct BackupVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read all of a backup and check it. Needs no key.")

    @Argument(help: ArgumentHelp("The folder.", valueName: "dest"))
    var folder: String
    @Option(help: "The number of the backup; by default the newest.")
    var backup: UInt64?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let progress = BackupDisplay("verify", output.console)
        defer { progress.finish() }
        let report = try await Store.verifyBackup(backup, in: Surroundings.current.path(folder)) { progress.show($0) }
        progress.finish()
        try report.tell(output.console, "checked", reused: false)
    }
}

struct BackupRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a backup, and the files that no other one needs.")

    @Argument(help: ArgumentHelp("The folder.", valueName: "dest"))
    var folder: String
    @Argument(help: "The number of the backup.")
    var number: UInt64
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let progress = BackupDisplay("remove", output.console)
        defer { progress.finish() }
        let report = try await Store.removeBackup(number, in: Surroundings.current.path(folder)) { progress.show($0) }
        progress.finish()
        output.console.emit(
            BackupRecord(report),
            text: "removed backup \(report.backup.number), and with it \(HumanUnits.count(report.fileCount)) files of "
                + "\(HumanUnits.bytes(report.bytes)) that no other backup needs")
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a store of a backup.",
        discussion: """
            Every version of a key that an object is under must be in the keyring, by default DIR.keyring: put that \
            there first. With --without-keys nothing is asked of it.
            """)

    @Argument(help: "The folder with the backups.")
    var source: String
    @Argument(help: ArgumentHelp("Where the store is to be.", valueName: "dir"))
    var directory: String
    @Option(help: "The number of the backup; by default the newest.")
    var backup: UInt64?
    @Option(help: "The last commit (LSN) that the store is to have; by default the backup's last.")
    var lsn: UInt64?
    @Flag(help: "Do not look whether the keys are there.")
    var withoutKeys = false
    @OptionGroup var keys: KeyOptions
    @OptionGroup var output: OutputOptions

    private struct Record: Encodable {
        var backup: UInt64
        var lastLsn: UInt64
        var files: UInt64
        var bytes: UInt64
        var checkedKeys: UInt64
    }

    func validate() throws {
        if backup != nil, lsn != nil { throw ValidationError("Give --backup or --lsn, not both.") }
    }

    func run() async throws {
        var options = RestoreOptions()
        if let backup { options.target = .backup(backup) }
        if let lsn { options.target = .commit(lsn) }
        options.keyCheck = withoutKeys ? nil : try await keys.storeOptions()
        let progress = BackupDisplay("restore", output.console)
        defer { progress.finish() }
        let report = try await Store.restore(
            from: Surroundings.current.path(source), to: Surroundings.current.path(directory), options: options
        ) { progress.show($0) }
        progress.finish()
        for finding in report.findings {
            output.console.emit(
                BackupFindingRecord(place: finding.place, reason: finding.reason),
                text: "\(finding.place): \(finding.reason)")
        }
        output.console.emit(
            Record(
                backup: report.backup.number, lastLsn: report.lastLSN, files: report.fileCount, bytes: report.bytes,
                checkedKeys: report.checkedKeyCount),
            text: "restored backup \(report.backup.number) up to commit \(report.lastLSN): "
                + "\(HumanUnits.count(report.fileCount)) files, \(HumanUnits.bytes(report.bytes))"
                + (withoutKeys ? "" : ", \(HumanUnits.count(report.checkedKeyCount)) keys opened"))
        guard let first = report.findings.first else { return }
        throw CommandFailure(
            .verificationFailed,
            "the store is restored, without \(report.findings.count) payloads that the backup does not have: "
                + "\(first.place): \(first.reason)")
    }
}

private struct BackupRecord: Encodable {
    var number: UInt64
    var time: String
    var firstLsn: UInt64
    var lastLsn: UInt64
    var continuesEarlier: Bool?
    var files: UInt64?
    var bytes: UInt64?
    var reusedFiles: UInt64?
    var findings: UInt64?

    init(_ backup: Backup) {
        number = backup.number
        time = backup.time.formatted(.iso8601)
        firstLsn = backup.firstLSN
        lastLsn = backup.lastLSN
    }

    init(_ report: BackupReport) {
        self.init(report.backup)
        files = report.fileCount
        bytes = report.bytes
        reusedFiles = report.reusedFileCount
        findings = UInt64(report.findings.count)
    }
}

private struct BackupFindingRecord: Encodable {
    var place: String
    var reason: String
}

extension BackupReport {
    /// Prints it; throws where something is wrong.
    fileprivate func tell(_ console: Console, _ verb: String, reused: Bool) throws {
        for finding in findings {
            console.emit(
                BackupFindingRecord(place: finding.place, reason: finding.reason),
                text: "\(finding.place): \(finding.reason)")
        }
        let kept = reused ? ", \(HumanUnits.count(reusedFileCount)) there already" : ""
        console.emit(
            BackupRecord(self),
            text: "\(verb) up to commit \(backup.lastLSN) as backup \(backup.number): "
                + "\(HumanUnits.count(fileCount)) files, \(HumanUnits.bytes(bytes))\(kept)")
        guard let first = findings.first else { return }
        throw CommandFailure(
            .verificationFailed,
            (findings.count == 1 ? "" : "\(findings.count) findings, the first: ") + "\(first.place): \(first.reason)")
    }
}

/// Files and bytes as they are copied or checked.
private final class BackupDisplay: Sendable {
    private let display: ProgressDisplay
    private let seen = Mutex(BackupActivity?.none)

    init(_ title: String, _ console: Console) {
        display = ProgressDisplay(Progress(title: title), console: console)
    }

    func show(_ activity: BackupActivity) {
        let (files, bytes) = seen.withLock { seen in
            defer { seen = activity }
            return (activity.fileCount - (seen?.fileCount ?? 0), activity.bytes - (seen?.bytes ?? 0))
        }
        display.advance(objects: files, bytes: bytes)
    }

    func finish() { display.finish() }
}
#endif
