#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import StrongroomAudit

struct AuditShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the records, the oldest first.",
        discussion: "With --json each line is a record as it was signed: in the shape of AWS CloudTrail's.")

    @Option(help: "Only records since this time: 2026-11-27T16:03:22Z, or a beginning of it such as 2026-11-27.")
    var since: String?
    @Option(help: "Only records of this key: its id or ARN.")
    var key: String?
    @OptionGroup var location: AuditLocation

    func validate() throws {
        if let since, !since.utf8.allSatisfy({ (0x30...0x39).contains($0) || "-:TZ".utf8.contains($0) }) {
            throw ValidationError("--since takes a time such as 2026-11-27T16:03:22Z, in UTC.")
        }
    }

    func run() async throws {
        let source = try location.source()
        let (console, since, key) = (location.console, since, key)
        try await Offload.run { () throws(CommandFailure) in
            try auditing { () throws(AuditError) in
                try source.reader.records { (index, bytes) throws(AuditError) in
                    guard let record = try? JSONDecoder().decode(ShownRecord.self, from: Data(bytes)) else {
                        console.warn("record \(index) is not one that this command knows")
                        return true
                    }
                    if record.isWanted(since: since, key: key) {
                        console.emit(json: bytes, text: record.text(index: index))
                    }
                    return true
                }
            }
        }
    }

}

/// What people want to see of a record.
private struct ShownRecord: Decodable {
    struct Identity: Decodable {
        var type: String
        var arn: String?
        var invokedBy: String?
    }

    struct Resource: Decodable {
        enum CodingKeys: String, CodingKey { case arn = "ARN" }
        var arn: String
    }

    var eventTime: String
    var eventName: String
    var userIdentity: Identity
    var resources: [Resource]
    var errorCode: String?

    func isWanted(since: String?, key: String?) -> Bool {
        if let since, eventTime < since { return false }
        guard let key else { return true }
        return resources.contains { $0.arn == key || $0.arn.hasSuffix(":key/" + key) }
    }

    /// Names come from whoever called, and must not speak to the terminal.
    func text(index: UInt64) -> String {
        let who = userIdentity.arn ?? userIdentity.invokedBy ?? userIdentity.type
        let what = resources.map { quoted($0.arn) }.joined(separator: " ")
        return "\(index)  \(eventTime)  \(eventName)  \(errorCode ?? "ok")  \(quoted(who))  \(what)"
    }
}
#endif
