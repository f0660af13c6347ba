/// For controls: whose syncs are taken to have done nothing, writes that are synced themselves among them.
package enum IgnoredSyncs: String, Sendable, CaseIterable {
    case none, all, directories, journal, catalog, blobs

    func contains(_ name: String, isDirectory: Bool) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .directories: isDirectory
        case .journal, .catalog, .blobs: !isDirectory && name.contains("/\(rawValue)/")
        }
    }
}
