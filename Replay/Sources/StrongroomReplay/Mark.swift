import CReplayMarks
import Foundation

/// What the workload says into its own recording.
enum Mark: Codable, Sendable {
    /// About to be called.
    case issued(Operation)
    /// The call has returned.
    case acknowledged(Int, Operation.Outcome)
    /// A store has been opened, and looked at.
    case opened

    func write() throws {
        let bytes = Array(try JSONEncoder().encode(self))
        // Safe: the call copies the bytes.
        unsafe bytes.withUnsafeBytes { unsafe strongroom_recorder_mark($0.baseAddress, $0.count) }
    }

    static func read(_ bytes: ArraySlice<UInt8>) throws -> Mark {
        try JSONDecoder().decode(Mark.self, from: Data(bytes))
    }
}
