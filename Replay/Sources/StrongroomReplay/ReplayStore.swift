import Logging
import Strongroom
import SystemPackage

/// How the recorded store and the recovered ones are opened: small, so that there is much to recover in little.
enum ReplayStore {
    static func open(in directory: String) async throws -> Store {
        var options = StoreOptions()
        options.smallObjectLimitBytes = 4 << 10
        options.partMinimumBytes = 1
        options.memtableLimitBytes = 4 << 20
        options.journalSegmentBytes = 1 << 20
        // What nobody follows is recycled at once.
        options.changeFeedLimitBytes = 0
        options.logger = Logger(label: "replay") { _ in SwiftLogNoOpLogHandler() }
        return try await Store.open(at: FilePath(directory).appending("store"), options: options)
    }
}
