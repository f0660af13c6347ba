internal import StrongroomJournal
internal import StrongroomSystem
internal import SystemPackage

/// Every commit that can still be read of a damaged journal, in order. Rows are absolute, so that a commit can be
/// applied where the one before it is lost.
struct JournalSalvage {
    private struct Commit {
        var timeMilliseconds: Int64
        var changes: [RowChange]
    }

    /// LSNs that nobody was given are left out behind what was salvaged: how many commits a file held of which nothing
    /// can be read is not known, and none of their positions may come to mean another commit.
    private static let skippedLSNs: UInt64 = 1 << 32

    /// What could not be read, and why.
    let findings: [StorageError]
    private(set) var lostLSNs: [ClosedRange<UInt64>] = []
    private var commits: [UInt64: Commit] = [:]

    /// Blocks.
    ///
    /// - Parameter state: of the catalog: it has every commit up to `appliedLSN`, and some up to `containedLSN`.
    init(
        _ directory: FilePath, _ fileSystem: any FileSystem, storeID: [UInt8], in condition: JournalCondition,
        after state: CheckpointState
    ) throws(StorageError) {
        var commits: [UInt64: Commit] = [:]
        findings = try Journal.inspect(
            directory: directory, fileSystem: fileSystem, storeID: storeID, appliedLSN: state.appliedLSN,
            in: condition
        ) { (place, frame) throws(StorageError) in
            guard frame.lsn > state.appliedLSN, frame.type == .commit, let commit = CommitFrame(body: frame.body) else {
                return
            }
            // A younger segment's counts: an older one may have kept the torn end of a group that was written again.
            commits[frame.lsn] = Commit(
                timeMilliseconds: commit.timeMilliseconds, changes: commit.changes(at: place))
        }.findings
        self.commits = commits
        note(after: state)
    }

    /// The last commit there was, as far as is known.
    private(set) var lastLSN: UInt64 = 0

    private mutating func note(after state: CheckpointState) {
        lastLSN = max(commits.keys.max() ?? 0, state.containedLSN)
        var expected = state.appliedLSN + 1
        for lsn in commits.keys.sorted() {
            if lsn > expected { lostLSNs.append(expected...(lsn - 1)) }
            expected = lsn + 1
        }
        if expected <= lastLSN { lostLSNs.append(expected...lastLSN) }
    }

    var commitCount: Int { commits.count }

    /// Whether there are LSNs left behind the last one.
    var canGoOn: Bool { lastLSN <= JournalNumber.greatestEnd - Self.skippedLSNs }

    /// The commits as a table that a checkpoint can move.
    func frozen(after state: CheckpointState) -> RowTables.Frozen {
        var tables = RowTables(baseLSN: state.appliedLSN, timeMilliseconds: state.timeMilliseconds)
        for (lsn, commit) in commits.sorted(by: { $0.key < $1.key }) {
            tables.apply(lsn: lsn, timeMilliseconds: commit.timeMilliseconds, commit.changes)
        }
        var frozen = tables.freeze()
        frozen.lastLSN = max(frozen.lastLSN, lastLSN) + Self.skippedLSNs
        return frozen
    }
}
