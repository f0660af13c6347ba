package import StrongroomStorage
package import StrongroomSystem
internal import Synchronization

/// What a store should hold: a plain dictionary, and the commits since, by position.
///
/// `decide` runs on the committer with the position that the commit will have, so what it notes here
/// is what the journal holds at that position, acknowledged or not.
package final class StoreModel: Sendable {
    /// A payload by what it is made of: cheap to remember, easy to compare.
    package struct Payload: Equatable, Sendable {
        package enum Home: Equatable, Sendable { case attachment, blob }
        package var home: Home
        package var length: Int
        package var seed: UInt8

        package init(home: Home, length: Int, seed: UInt8) {
            self.home = home
            self.length = length
            self.seed = seed
        }

        package var bytes: [UInt8] { payload(length, seed: seed) }
    }

    package struct Row: Equatable, Sendable {
        package var value: [UInt8]
        package var payload: Payload?

        package init(value: [UInt8], payload: Payload?) {
            self.value = value
            self.payload = payload
        }
    }

    package enum Change: Sendable {
        case put(key: [UInt8], row: Row)
        /// The payload goes along.
        case move(from: [UInt8], to: [UInt8], value: [UInt8])
        case delete(key: [UInt8])
    }

    /// What a commit was to change, and which of those that were decided it is: a position is decided anew when the
    /// commit that was to have it fails.
    private struct Issue: Sendable {
        let number: Int
        let changes: [Change]
    }

    private struct State: Sendable {
        var rows: [[UInt8]: Row] = [:]
        var baseLSN: UInt64 = 0
        var issued: [UInt64: Issue] = [:]
        var issueCount = 0
        var acknowledgedLSN: UInt64 = 0
        var acknowledgedCount = 0
    }

    private let state: Mutex<State>

    package init() { state = Mutex(State()) }

    private init(_ state: sending State) { self.state = Mutex(state) }

    /// The same, which no longer hears of what happens.
    package func copy() -> StoreModel { StoreModel(state.withLock { $0 }) }

    /// The same, as if nobody had been told of what came after that position.
    package func copy(upTo lsn: UInt64) -> StoreModel {
        StoreModel(
            state.withLock { state in
                var copy = state
                copy.acknowledgedLSN = min(state.acknowledgedLSN, lsn)
                return copy
            })
    }

    /// Returns the number of the issue.
    package func issue(_ changes: [Change], at lsn: UInt64) -> Int {
        state.withLock { state in
            state.issueCount += 1
            state.issued[lsn] = Issue(number: state.issueCount, changes: changes)
            return state.issueCount
        }
    }

    /// The commit has failed, and is nowhere. What has its position now may be one of the store's own.
    package func withdraw(_ number: Int) {
        state.withLock { state in
            guard let lsn = state.issued.first(where: { $0.value.number == number })?.key else { return }
            state.issued[lsn] = nil
        }
    }

    /// The store has decided a commit of its own for that position: the one that was to have it has failed, or was lost
    /// with a process, whether or not that has been said yet.
    package func noteOwnCommit(at lsn: UInt64) { state.withLock { $0.issued[lsn] = nil } }

    package func acknowledge(_ lsn: UInt64) {
        state.withLock { state in
            state.acknowledgedLSN = max(state.acknowledgedLSN, lsn)
            state.acknowledgedCount += 1
        }
    }

    package var acknowledgedCount: Int { state.withLock { $0.acknowledgedCount } }

    /// What the recovered store at `lsn` must hold; later commits are forgotten, for their positions
    /// will be used again.
    package func recover(at lsn: UInt64) -> Result<[[UInt8]: Row], Discrepancy> {
        state.withLock { state in
            guard lsn >= state.acknowledgedLSN else {
                return .failure(
                    Discrepancy("commit \(state.acknowledgedLSN) was acknowledged, the store ends at \(lsn)"))
            }
            while state.baseLSN < lsn {
                // A position that nobody was given is a commit of the store's own (the reaper's).
                for change in state.issued[state.baseLSN + 1]?.changes ?? [] { Self.apply(change, to: &state.rows) }
                state.baseLSN += 1
            }
            state.issued = [:]
            return .success(state.rows)
        }
    }

    private static func apply(_ change: Change, to rows: inout [[UInt8]: Row]) {
        switch change {
        case .put(let key, let row): rows[key] = row
        case .move(let from, let to, let value):
            let payload = rows[from]?.payload
            rows[from] = nil
            rows[to] = Row(value: value, payload: payload)
        case .delete(let key): rows[key] = nil
        }
    }
}

extension EmbeddedStorage {
    /// Commits what `decide` says, noted in the model at its position; nil leaves all as it is.
    package func commit(
        noting model: StoreModel, reads: [[UInt8]], attachments: [[UInt8]] = [],
        _ decide: @escaping @Sendable (CommitView) -> (mutations: [RowMutation], changes: [StoreModel.Change])?
    ) async throws(StorageError) {
        let issue = Mutex<Int?>(nil)
        let outcome: CommitOutcome<TestRefusal>
        do throws(StorageError) {
            outcome = try await metadata.commit(reads: reads, attachments: attachments) { view in
                guard let (mutations, changes) = decide(view) else { return .refuse(.missing) }
                issue.withLock { issue in
                    // A decision that is made again replaces the one before it.
                    if let number = issue { model.withdraw(number) }
                    issue = model.issue(changes, at: view.lsn)
                }
                return .commit(mutations)
            }
        } catch {
            if error.code != .durabilityUnknown, let number = issue.withLock({ $0 }) { model.withdraw(number) }
            throw error
        }
        if case .committed(let receipt) = outcome { model.acknowledge(receipt.lsn) }
    }
}

package struct Discrepancy: Error, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

extension EmbeddedStorage {
    /// Compares all rows, payloads included, with what the model says of the store's own position.
    /// Nobody writes meanwhile. Returns how many rows have blobs.
    @discardableResult
    package func compare(with model: StoreModel) async throws -> Int {
        let (lsn, rows) = try await metadata.read { snapshot throws(StorageError) in
            var rows: [[UInt8]: StoredRow] = [:]
            try snapshot.scan(from: [], to: nil) { key, row in
                rows[key] = row
                return .next
            }
            return (snapshot.lsn, rows)
        }
        let expected = try model.recover(at: lsn).get()
        guard Set(rows.keys) == Set(expected.keys) else {
            let difference = Set(rows.keys).symmetricDifference(expected.keys).count
            throw Discrepancy("\(difference) keys are missing or too many at \(lsn)")
        }
        var blobCount = 0
        for (key, expectedRow) in expected {
            guard rows[key]?.value == expectedRow.value else { throw Discrepancy("a value differs at \(lsn)") }
            // Where the payload lies may change meanwhile: segments are compacted.
            guard let pinned = try await metadata.pinnedRow(key), pinned.row.value == rows[key]?.value else {
                throw Discrepancy("a look-up and a scan differ at \(lsn)")
            }
            let found: [UInt8]
            if case .blob(let reference) = pinned.row.payload {
                blobCount += 1
                let reader = try await blobs.open(reference, expecting: somePrelude)
                found = try await reader.read(at: 0, count: Int(reference.lengthBytes))
            } else {
                found = try await pinned.payloadBytes()
            }
            guard found == expectedRow.payload?.bytes ?? [] else {
                throw Discrepancy("a payload differs at \(lsn): \(pinned.row.payload)")
            }
        }
        return blobCount
    }
}
