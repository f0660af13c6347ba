/// A call of the workload's, which is one commit: all of its steps, or none.
struct Operation: Codable, Sendable {
    enum Step: Codable, Sendable {
        case createBucket(String, isVersioned: Bool)
        case put(Place, Body)
        case delete(Place)
        case deleteVersion(Place, version: String)
        case setTags(Place, [String: String])
        case createUpload(Place)
        case putPart(Place, upload: String, number: Int)
        /// The upload's object comes into its place.
        case completeUpload(Place, upload: String, Body)
        case abortUpload(Place, upload: String)
    }

    struct Place: Codable, Hashable, Sendable, CustomStringConvertible {
        var bucket: String
        var key: String
        var description: String { "\(bucket)/\(key)" }
    }

    /// What the store answered when the operation was durable.
    struct Outcome: Codable, Sendable {
        /// Nil where nothing changed.
        var lsn: UInt64?
        /// Of each step, what the store has called the version, the upload or the part.
        var names: [String?]
    }

    var number: Int
    var steps: [Step]
}
