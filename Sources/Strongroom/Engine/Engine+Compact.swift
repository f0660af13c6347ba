internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    func compact(progress: ((CompactionReport) -> Void)?) async throws(StoreError) -> CompactionReport {
        _ = try unlockedKeys()
        var report = CompactionReport()
        // In memory what is deleted is gone.
        guard let embedded = storage.embedded else {
            try checkOpen()
            return report
        }
        do throws(StorageError) {
            let lastID = embedded.newestSegmentID
            while let round = try await embedded.compact(through: lastID) {
                report.add(round)
                progress?(report)
                guard !Task.isCancelled else { throw StorageError(.cancelled, "the task was cancelled") }
            }
        } catch {
            throw StoreError(error)
        }
        return report
    }
}

extension CompactionReport {
    init(_ storage: StrongroomStorage.CompactionReport) {
        self.init()
        add(storage)
    }

    fileprivate mutating func add(_ round: StrongroomStorage.CompactionReport) {
        movedCount += round.movedRows
        movedBytes += round.movedBytes
        freedSegmentCount += round.freedSegments
        freedBytes += round.freedBytes
    }
}
