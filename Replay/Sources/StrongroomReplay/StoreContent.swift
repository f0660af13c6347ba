/// All that a store shows: what the model says it should, or what an open one does.
struct StoreContent: Sendable, Equatable {
    struct Version: Sendable, Equatable {
        var id: String
        /// Nil for a delete marker.
        var body: Body?
    }

    struct Upload: Sendable, Equatable {
        var place: Operation.Place
        /// The parts' tags, by number.
        var parts: [Int: String] = [:]
    }

    /// By name, whether it keeps versions.
    var buckets: [String: Bool] = [:]
    /// Newest first; no place is without any.
    var versions: [Operation.Place: [Version]] = [:]
    var uploads: [String: Upload] = [:]

    private static let shownDifferences = 6

    /// Says what is not as in `other`, for people; empty where nothing is.
    func difference(to other: StoreContent) -> String {
        var found: [String] = []
        if buckets != other.buckets { found.append("the buckets") }
        for place in Set(versions.keys).union(other.versions.keys).sorted(by: { $0.description < $1.description }) {
            let (mine, theirs) = (versions[place] ?? [], other.versions[place] ?? [])
            if mine != theirs { found.append("\(place) (\(mine.count) versions, \(theirs.count))") }
        }
        for id in Set(uploads.keys).union(other.uploads.keys).sorted() where uploads[id] != other.uploads[id] {
            found.append("the upload \(id)")
        }
        let more = found.count - Self.shownDifferences
        return found.prefix(Self.shownDifferences).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
