#if CommandLineTool
internal import FoundationEssentials

/// What passes through the control socket, as JSON. Each is one message.
enum ControlMessage {
    static let socketName = "control.sock"
    /// Of what is said here; a program of another version is refused.
    static let version = 1
    /// Longer command lines are refused.
    static let sizeBytesMax = 64 << 10

    /// With it come three descriptors: standard input, output and error. Whatever comes afterwards, the end as well,
    /// cancels the command.
    struct Request: Codable, Equatable {
        var version = ControlMessage.version
        var arguments: [String]
        /// Where relative names of files begin.
        var directory: String
    }

    struct Answer: Codable, Equatable {
        /// The command's exit status; nil where it was not run.
        var status: Int32?
        /// Why it was not run, and what to do.
        var refusal: String?
    }

    static func encode(_ message: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(message)) }

    static func decode<Message: Decodable>(_ bytes: [UInt8], as: Message.Type = Message.self) throws -> Message {
        try JSONDecoder().decode(Message.self, from: Data(bytes))
    }
}
#endif
