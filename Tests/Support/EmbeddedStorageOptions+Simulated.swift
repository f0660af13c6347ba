internal import StrongroomJournal
package import StrongroomStorage

extension EmbeddedStorageOptions {
    /// For a store on a simulated disk: sizes that make a short test meet every border (rolled segments, full tables,
    /// many slices), and nothing that happens by itself after a time.
    package static var simulated: EmbeddedStorageOptions {
        var options = EmbeddedStorageOptions()
        options.memtableSizeBytes = 1 << 20
        options.checkpointIntervalSeconds = nil
        options.checkpointRowsPerTransaction = 16
        options.ioThreadCount = 2
        options.isTimed = false
        options.journal.initialSegmentBytes = 128 << 10
        options.journal.maximumSegmentBytes = 256 << 10
        options.journal.preparesInBackground = false
        options.sumRowsPerTransaction = 10
        return options
    }
}
