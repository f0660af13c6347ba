internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem

/// The segments whose payloads may be moved, and what moving them would take and give.
///
/// Those are sealed, lie wholly under what the index has (so that their counters are exact), and would be recycled
/// at once if they were empty: what followers of the journal still hold, or the image of the catalog, would only take
/// twice the space.
struct SegmentShares {
    struct Segment {
        var info: SegmentInfo
        var usage: SegmentUsage
        /// What its live rows would take elsewhere.
        var rewrittenBytes: UInt64

        /// Of its size.
        var rewrittenShare: Double { Double(rewrittenBytes) / Double(info.sizeBytes) }
        var gainBytes: UInt64 { info.sizeBytes - min(info.sizeBytes, rewrittenBytes) }
    }

    enum Goal {
        /// Until the space is within the ratio.
        case ratio(Double, segmentsMinimum: Int)
        /// Until nothing worth mentioning is left to be gained in segments up to this one. Those that come meanwhile
        /// are left alone: among them is what was moved.
        case everything(through: UInt64)
    }

    /// The most to gain first.
    let segments: [Segment]

    /// Who moves more than this to gain the rest writes more than he saves.
    private static let shareMaximum = 0.85
    private static let shareMaximumOfEverything = 0.9

    /// - Parameters:
    ///   - rowOverheadBytes: what a row takes in a frame beside its payload. The counters do not know it, and without
    ///     it segments full of small payloads would look as if there were something to gain, for ever.
    ///   - heldLSN: what is after it is kept, whatever lives there.
    ///   - excluded: segments that are left alone.
    init(
        _ view: StoreView, _ journal: Journal, rowOverheadBytes: UInt64, heldLSN: UInt64,
        excluding excluded: Set<UInt64>
    ) throws(StorageError) {
        let (usages, appliedLSN) = try view.usagesAndAppliedLSN()
        let sealed = journal.segments().filter { $0.state == .sealed && $0.lastLSN <= appliedLSN }
        let time = view.withTables { $0.timeMilliseconds }
        let unused = sealed.filter { usages[$0.id] == nil }
        let readLSN = min(heldLSN, view.holds.expectedReadLSN(of: unused, timeMilliseconds: time))
        segments =
            sealed.compactMap { info -> Segment? in
                guard info.lastLSN <= readLSN, !excluded.contains(info.id),
                    let usage = usages[info.id]?.clamped(to: info)
                else { return nil }
                return Segment(
                    info: info, usage: usage, rewrittenBytes: usage.liveBytes + usage.liveRows * rowOverheadBytes)
            }
            .sorted { ($0.rewrittenShare, $0.info.id) < ($1.rewrittenShare, $1.info.id) }
    }

    var sizeBytes: UInt64 { segments.reduce(0) { $0 + $1.info.sizeBytes } }
    var liveBytes: UInt64 { segments.reduce(0) { $0 + $1.usage.liveBytes } }

    /// How many times the space of their live payloads the segments take.
    var spaceRatio: Double { Double(sizeBytes) / Double(max(1, liveBytes)) }

    /// Those to empty next, writing no more than the budget; at least one, if any is worth it.
    func victims(_ goal: Goal, budgetBytes: UInt64) -> [Segment] {
        var victims: [Segment] = []
        var (left, written) = (sizeBytes, UInt64(0))
        for segment in segments {
            switch goal {
            case .ratio(let ratio, let segmentsMinimum):
                let isEnough = Double(left) <= ratio * Double(liveBytes)
                guard segments.count >= segmentsMinimum, !isEnough, segment.rewrittenShare <= Self.shareMaximum
                else { return victims }
            case .everything(let lastID):
                guard segment.info.id <= lastID else { continue }
                guard segment.rewrittenShare <= Self.shareMaximumOfEverything else { return victims }
            }
            guard victims.isEmpty || written + segment.rewrittenBytes <= budgetBytes else { return victims }
            victims.append(segment)
            written += segment.rewrittenBytes
            left -= segment.gainBytes
        }
        return victims
    }

    /// The one to empty with what is kept for freeing space: all of it has to fit, for half a segment that was moved
    /// frees nothing.
    func victim(fitting roomBytes: UInt64) -> Segment? {
        segments.first { $0.rewrittenShare <= Self.shareMaximum && $0.rewrittenBytes <= roomBytes }
    }
}

extension StoreView {
    /// Of one moment. Blocks.
    fileprivate func usagesAndAppliedLSN() throws(StorageError) -> ([UInt64: SegmentUsage], UInt64) {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in
                (try Self.segmentUsages(in: snapshot), try Self.checkpointState(in: snapshot).appliedLSN)
            }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }
}

extension SegmentUsage {
    /// The counters stand in the catalog without a code of their own: what they say beyond what a segment can have must
    /// not overflow where they are added up.
    func clamped(to info: SegmentInfo) -> SegmentUsage {
        var usage = self
        usage.liveBytes = min(liveBytes, info.sizeBytes)
        usage.liveRows = min(liveRows, info.sizeBytes)
        return usage
    }
}
