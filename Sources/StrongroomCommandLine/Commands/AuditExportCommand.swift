#if CommandLineTool
internal import ArgumentParser
internal import StrongroomAudit

struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all records into a file, as AWS CloudTrail delivers them.",
        discussion: "The file holds one JSON object, {\"Records\": […]}. It is there whole, or not at all.")

    @Argument(help: "The file, which must not exist.")
    var file: String
    @OptionGroup var location: AuditLocation

    func run() async throws {
        let source = try location.source()
        let file = file
        let count = try await Offload.run { () throws(CommandFailure) in try Self.write(source.reader, to: file) }
        location.console.emit(["records": count], text: "\(HumanUnits.count(count)) records in \(quoted(file))")
    }

    private static func write(_ reader: AuditLogReader, to file: String) throws(CommandFailure) -> UInt64 {
        let output = try OutputFile(file)
        var count: UInt64 = 0
        var failure: CommandFailure?
        try output.append(Array("{\"Records\":[\n".utf8))
        try auditing { () throws(AuditError) in
            try reader.records { (_, record) throws(AuditError) in
                do throws(CommandFailure) {
                    try output.append(count == 0 ? record : Array(",\n".utf8) + record)
                } catch {
                    failure = error
                    return false
                }
                count += 1
                return true
            }
        }
        if let failure { throw failure }
        try output.append(Array("\n]}\n".utf8))
        try output.finish(replacing: .refused)
        return count
    }
}
#endif
