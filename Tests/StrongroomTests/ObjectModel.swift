import Synchronization

@testable import Strongroom

/// What a bucket's objects should be: a plain stack of versions for each key, newest last.
struct ObjectModel {
    struct Version: Equatable {
        var id: VersionID
        /// Nil for a delete marker.
        var body: [UInt8]?
        var tags: [String: String] = [:]
    }

    var versioning = Versioning.unversioned
    private(set) var stacks: [ObjectKey: [Version]] = [:]

    func current(_ key: ObjectKey) -> Version? {
        guard let last = stacks[key]?.last, last.body != nil else { return nil }
        return last
    }

    func version(_ key: ObjectKey, _ id: VersionID) -> Version? { stacks[key]?.first { $0.id == id } }

    mutating func put(_ key: ObjectKey, _ version: Version) { push(key, version) }

    /// - Parameter marker: the delete marker's version; nil while no versions are kept.
    mutating func delete(_ key: ObjectKey, marker: VersionID?) {
        if versioning == .unversioned {
            stacks[key] = nil
        } else if let marker {
            push(key, Version(id: marker, body: nil))
        }
    }

    mutating func remove(_ key: ObjectKey, _ id: VersionID) {
        stacks[key]?.removeAll { $0.id == id }
        if stacks[key]?.isEmpty == true { stacks[key] = nil }
    }

    mutating func setTags(_ key: ObjectKey, _ tags: [String: String]) {
        guard let last = stacks[key]?.indices.last else { return }
        stacks[key]?[last].tags = tags
    }

    private mutating func push(_ key: ObjectKey, _ version: Version) {
        if versioning != .enabled { stacks[key]?.removeAll { $0.id == .null } }
        stacks[key, default: []].append(version)
    }

    var currentKeys: [ObjectKey] { stacks.keys.filter { current($0) != nil }.sorted() }

    /// In S3's order, each with whether it is the newest of its key.
    var allVersions: [(key: ObjectKey, id: VersionID, isLatest: Bool, isMarker: Bool)] {
        stacks.keys.sorted().flatMap { key in
            let stack = stacks[key] ?? []
            return stack.indices.reversed().map {
                (key, stack[$0].id, $0 == stack.count - 1, stack[$0].body == nil)
            }
        }
    }
}
