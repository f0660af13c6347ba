/// What one checkpoint transaction changes in the counters: the row found in the index goes out, the
/// row written comes in. Writing the same rows again therefore changes nothing.
struct RowAccount {
    var statistics: RowStatistics
    /// Change of bytes and rows by segment.
    private(set) var segments: [UInt64: (bytes: Int64, rows: Int64)] = [:]

    init(_ statistics: RowStatistics) {
        self.statistics = statistics
    }

    mutating func count(_ payload: PayloadLocation, adding: Bool) {
        statistics.count(payload, adding: adding)
        guard case .segment(let id, _, let lengthBytes) = payload else { return }
        let sign: Int64 = adding ? 1 : -1
        segments[id, default: (0, 0)].bytes += sign * Int64(lengthBytes)
        segments[id, default: (0, 0)].rows += sign
    }
}

extension SegmentUsage {
    /// Nil when the counter would fall below zero: the index contradicts itself.
    func changed(bytes: Int64, rows: Int64) -> SegmentUsage? {
        let (newBytes, bytesOverflow) = Int64(clamping: liveBytes).addingReportingOverflow(bytes)
        let (newRows, rowsOverflow) = Int64(clamping: liveRows).addingReportingOverflow(rows)
        guard !bytesOverflow, !rowsOverflow, newBytes >= 0, newRows >= 0 else { return nil }
        var usage = SegmentUsage()
        usage.liveBytes = UInt64(newBytes)
        usage.liveRows = UInt64(newRows)
        return usage
    }
}
