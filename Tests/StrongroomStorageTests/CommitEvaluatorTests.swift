import StrongroomCatalog
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import Testing

@testable import StrongroomStorage

/// The committer's decisions, without its thread.
@Suite struct CommitEvaluatorTests {
    private func view(baseLSN: UInt64, _ rows: [[UInt8]: [UInt8]?] = [:]) -> StoreView {
        var tables = RowTables(baseLSN: baseLSN, timeMilliseconds: 0)
        tables.apply(
            lsn: baseLSN + 1, timeMilliseconds: 0,
            rows.map { key, value in
                RowChange(key: key, entry: Self.entry(value.map { StoredRowCodec.encode(value: $0, payload: .none) }))
            })
        return StoreView(tables: tables, index: MemoryIndex())
    }

    private func request(
        _ reads: [[UInt8]], prefetched: PrefetchedRows?,
        _ decide: @escaping @Sendable (CommitView) -> [RowMutation]?
    ) -> CommitRequest {
        CommitRequest(
            reads: reads, prefetched: prefetched, attachments: [],
            decide: { view in decide(view).map { DecidedCommit(mutations: $0) } }, complete: { _ in })
    }

    private func evaluate(_ requests: [CommitRequest], _ view: StoreView) -> [CommitEvaluator.Verdict] {
        var evaluator = CommitEvaluator(requests, view: view, inlineMaximumBytes: 512, bodyMaximumBytes: 10_000)
        var lsn: UInt64 = 100
        var verdicts: [CommitEvaluator.Verdict] = []
        for (position, request) in requests.enumerated() {
            let verdict = evaluator.evaluate(request, at: position, lsn: lsn, timeMilliseconds: 5)
            if case .accepted(let accepted) = verdict {
                evaluator.add(accepted.mutations.map { RowChange(key: $0.key, entry: Self.entry($0.row)) })
                lsn += 1
            }
            verdicts.append(verdict)
        }
        return verdicts
    }

    private static func entry(_ row: [UInt8]?) -> MemtableEntry<[UInt8]> {
        if let row { .put(row) } else { .deleted }
    }

    /// Lost updates came back when a row that had been found in a table was taken for absent after a
    /// checkpoint had moved that table into the index.
    @Test func rowsThatMayHaveLeftTheTablesAreStale() {
        let old = StoredRowCodec.encode(value: [1], payload: .none)
        for (prefetchLSN, isStale) in [(UInt64(9), true), (10, false), (11, false)] {
            let request = request([key("a")], prefetched: PrefetchedRows(rows: [old], lsn: prefetchLSN)) { view in
                #expect(view.rows[0]?.value == [1])
                return nil
            }
            let verdict = evaluate([request], view(baseLSN: 10))[0]
            if isStale {
                guard case .stale = verdict else {
                    Issue.record("a row fetched at \(prefetchLSN) is not current when tables begin after 10")
                    continue
                }
            } else {
                guard case .refused = verdict else {
                    Issue.record("a row fetched at \(prefetchLSN) is current when tables begin after 10")
                    continue
                }
            }
        }
    }

    /// Requests that bring no rows have them looked up, each key once for the group.
    @Test func missingRowsAreLookedUpOncePerGroup() {
        let view = view(baseLSN: 10, [key("in a table"): [2]])
        let seen = Mutex<[[StoredRow?]]>([])
        let requests = [[key("b"), key("in a table")], [key("a"), key("b")]].map { reads in
            request(reads, prefetched: nil) { view in
                seen.withLock { $0.append(view.rows) }
                return nil
            }
        }
        var evaluator = CommitEvaluator(requests, view: view, inlineMaximumBytes: 512, bodyMaximumBytes: 10_000)
        #expect(evaluator.missingKeys == [key("a"), key("b")])
        // As long as nobody has looked, or when looking failed, the tasks come back with rows of their own.
        guard case .stale = evaluator.evaluate(requests[0], at: 0, lsn: 100, timeMilliseconds: 5) else {
            Issue.record("rows that nobody has looked up are not known")
            return
        }
        evaluator.provide([nil, StoredRowCodec.encode(value: [7], payload: .none)])
        for (position, request) in requests.enumerated() {
            _ = evaluator.evaluate(request, at: position, lsn: 100, timeMilliseconds: 5)
        }
        let found = StoredRow(value: [7], payload: .none)
        #expect(seen.withLock { $0 } == [[found, StoredRow(value: [2], payload: .none)], [nil, found]])
    }

    @Test func tablesOverruleWhatWasFetched() {
        let old = StoredRowCodec.encode(value: [1], payload: .none)
        let stale = PrefetchedRows(rows: [old, old], lsn: 0)
        let request = request([key("changed"), key("deleted")], prefetched: stale) { view in
            #expect(view.rows == [StoredRow(value: [2], payload: .none), nil])
            return nil
        }
        let verdict = evaluate([request], view(baseLSN: 10, [key("changed"): [2], key("deleted"): nil]))[0]
        guard case .refused = verdict else {
            Issue.record("rows in the tables need no fetching: \(verdict)")
            return
        }
    }

    @Test func laterCommitsOfAGroupSeeEarlierOnes() {
        let nothing = PrefetchedRows(rows: [nil], lsn: 50)
        let ifAbsent: @Sendable (CommitView) -> [RowMutation]? = { view in
            view.rows[0] == nil ? [RowMutation(key: key("a"), change: .put(value: [1], payload: .none))] : nil
        }
        let delete: @Sendable (CommitView) -> [RowMutation]? = { view in
            #expect(view.rows[0]?.value == [1])
            return [RowMutation(key: key("a"), change: .delete)]
        }
        let requests = [ifAbsent, ifAbsent, delete, ifAbsent].map { request([key("a")], prefetched: nothing, $0) }
        let verdicts = evaluate(requests, view(baseLSN: 10))
        let accepted = verdicts.map { verdict in
            if case .accepted(let accepted) = verdict { return accepted.receipt.lsn }
            return UInt64(0)
        }
        #expect(accepted == [100, 0, 101, 102])
    }

    @Test func tooLargeCommitsFailAlone() {
        let large = request([], prefetched: PrefetchedRows(rows: [], lsn: 0)) { _ in
            [RowMutation(key: key("a"), change: .put(value: [UInt8](repeating: 0, count: 20_000), payload: .none))]
        }
        let small = request([], prefetched: PrefetchedRows(rows: [], lsn: 0)) { _ in
            [RowMutation(key: key("a"), change: .delete)]
        }
        let verdicts = evaluate([large, small], view(baseLSN: 10))
        guard case .failed(let error) = verdicts[0], case .accepted = verdicts[1] else {
            Issue.record("expected one failure and one success: \(verdicts)")
            return
        }
        #expect(error.code == .limitExceeded)
    }
}
