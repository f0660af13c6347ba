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
                    guard record.isWanted(since: since, key: key) else { return true }
                    // The service escapes them; raw they would make two lines of one, or speak to the terminal.
                    if console.json, bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                        console.warn(
                            "record \(index) holds control characters, which the service never writes; left out")
                        return true
                    }
                    console.emit(json: bytes, text: record.text(index: index))
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

    /// Names come from whoever called, and what was not signed from whoever has the file: nothing of it must speak to
    /// the terminal.
    func text(index: UInt64) -> String {
        let who = userIdentity.arn ?? userIdentity.invokedBy ?? userIdentity.type
        let what = resources.map { quoted($0.arn) }.joined(separator: " ")
        let words = [eventTime, eventName, errorCode ?? "ok"].map(Self.word).joined(separator: "  ")
        return "\(index)  \(words)  \(quoted(who))  \(what)"
    }

    /// As it is where it is one word, as the service's are; else with quotes, so that it cannot pass for more columns.
    private static func word(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isWord && !text.isEmpty ? text : quoted(text)
    }
}
#endif
