internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem
internal import Synchronization

/// Gives segments back to the journal that hold nothing any more. Used by the checkpointer's thread alone.
///
/// A segment is free when the index is exactly the state at `appliedLSN`, every frame in the segment is
/// older than that, and no row of the index refers to it: what rows above the index refer to lies in
/// younger frames, or is counted in the index until a later checkpoint moves it. (Tiny payloads travel
/// inside their rows, never as references.) Then readers with older snapshots must be gone.
struct SegmentReclaimer {
    let journal: Journal
    let view: StoreView
    let images: CatalogImages
    private var retirements = Retirements<UInt64>()
    private var underway: Set<UInt64> = []
    private var appliedLSN: UInt64 = 0

    init(journal: Journal, view: StoreView, images: CatalogImages) {
        self.journal = journal
        self.view = view
        self.images = images
    }

    var isWaiting: Bool { retirements.isWaiting }

    mutating func retireFree(_ state: CheckpointState) throws(StorageError) {
        assert(state.containedLSN == state.appliedLSN, "a partial checkpoint frees nothing")
        let live = Set(try view.segmentUsages().keys)
        let unused = journal.segments().filter { segment in
            segment.state == .sealed && segment.lastLSN <= state.appliedLSN && !live.contains(segment.id)
                && !underway.contains(segment.id)
        }
        let (lastLSN, time) = view.withTables { ($0.lastLSN, $0.timeMilliseconds) }
        let readLSN = view.holds.readLSN(of: unused, lastLSN: lastLSN, timeMilliseconds: time)
        // Asked after the index was at `appliedLSN`: an image that is begun later lacks nothing that goes here.
        let keptLSN = min(readLSN, images.heldLSN)
        let free = unused.filter { $0.lastLSN <= keptLSN }
        appliedLSN = state.appliedLSN
        guard !free.isEmpty else { return }
        underway.formUnion(free.map(\.id))
        retirements.add(free.map(\.id), epoch: view.epochs.retire())
    }

    /// A segment that cannot be recycled is no obstacle to the others, and is tried again with the next
    /// round. Throws the first failure, after all were tried.
    mutating func recycleDrained() throws(StorageError) {
        try view.reclaiming.withLock { _ throws(StorageError) in
            var kept: [UInt64] = []
            var failure: StorageError?
            for id in retirements.takeDrained(view.epochs) {
                do throws(StorageError) {
                    try journal.recycle(id, appliedLSN: appliedLSN)
                    underway.remove(id)
                } catch {
                    failure = failure ?? error
                    // Past its renaming the segment is gone, and only its file is left over.
                    let isGone = !journal.segments().contains { $0.id == id }
                    if isGone { underway.remove(id) } else { kept.append(id) }
                }
            }
            retirements.putBack(kept)
            if let failure { throw failure }
        }
    }
}

extension StoreView {
    /// The live payload of every segment that has any, as of the index. Blocks.
    func segmentUsages() throws(StorageError) -> [UInt64: SegmentUsage] {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in try Self.segmentUsages(in: snapshot) }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }

    static func segmentUsages(
        in snapshot: any OrderedIndexSnapshot
    ) throws(StorageError) -> [UInt64: SegmentUsage] {
        var usages: [UInt64: SegmentUsage] = [:]
        let cursor = try snapshot.cursor()
        var entry = try cursor.seek(StoreKeys.segmentPrefix)
        while let (key, value) = entry, ByteOrder.isLess(key, StoreKeys.segmentEnd) {
            guard let id = StoreKeys.segmentID(key), let usage = SegmentUsage(decoding: value) else {
                throw StorageError(.corrupted, "a segment's counter is damaged; rebuild the catalog")
            }
            usages[id] = usage
            entry = try cursor.next()
        }
        return usages
    }
}
