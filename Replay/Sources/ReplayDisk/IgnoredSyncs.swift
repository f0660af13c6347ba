/// For controls: whose syncs are taken to have done nothing, writes that are synced themselves among them.
package enum IgnoredSyncs: String, Sendable, CaseIterable {
    case none, all, directories, journal, catalog, blobs
    /// All, once a store is recovered.
    case recovery

    func contains(_ name: String, isDirectory: Bool) -> Bool {
        switch self {
        case .none, .recovery: false
        case .all: true
        case .directories: isDirectory
        case .journal, .catalog, .blobs: !isDirectory && name.contains("/\(rawValue)/")
        }
    }
}
