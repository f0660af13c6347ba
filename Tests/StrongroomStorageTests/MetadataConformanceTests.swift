import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// What every `MetadataStore` promises. Each test runs on every kind of store.
@Suite struct MetadataConformanceTests {
    @Test(arguments: StoreKind.allCases)
    func whatIsCommittedIsRead(kind: StoreKind) async throws {
        let store = try await kind.open()
        let first = try await store.metadata.put(key("a"), bytes("one"))
        try await store.settle()
        let second = try await store.metadata.put(key("a"), bytes("two"))
        try await store.metadata.put(key("b"), bytes(""))
        #expect(second.lsn == first.lsn + 1)
        #expect(try await store.metadata.value(key("a")) == bytes("two"))
        try await store.settle()
        #expect(try await store.metadata.value(key("a")) == bytes("two"))
        #expect(try await store.metadata.value(key("b")) == [])
        #expect(try await store.metadata.value(key("c")) == nil)
        try await store.metadata.delete(key("a"))
        #expect(try await store.metadata.value(key("a")) == nil)
        try await store.settle()
        #expect(try await store.metadata.value(key("a")) == nil)
        let found = try await store.metadata.read { snapshot throws(StorageError) in
            (lsn: snapshot.lsn, a: try snapshot.row(key("a")), b: try snapshot.row(key("b")))
        }
        #expect(found.lsn >= second.lsn + 2)
        #expect(found.a == nil)
        #expect(found.b == StoredRow(value: [], payload: .none))
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func refusalChangesNothing(kind: StoreKind) async throws {
        let store = try await kind.open()
        let receipt = try await store.metadata.put(key("a"), bytes("one"))
        let outcome = try await store.metadata.commit(reads: [key("a")], attachments: [payload(2000)]) { view in
            view.rows[0] == nil
                ? .commit([RowMutation(key: key("a"), change: .put(value: bytes("two"), payload: .attachment(0)))])
                : .refuse(TestRefusal.exists)
        }
        guard case .refused(.exists) = outcome else {
            Issue.record("the commit was not refused: \(outcome)")
            return
        }
        #expect(try await store.metadata.value(key("a")) == bytes("one"))
        #expect(try await store.metadata.put(key("b"), []).lsn == receipt.lsn + 1)
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func readErrorsOfTheCallerComeBack(kind: StoreKind) async throws {
        let store = try await kind.open()
        let error = await #expect(throws: MetadataReadError<TestRefusal>.self) {
            try await store.metadata.read { _ throws(TestRefusal) -> Int in throw .missing }
        }
        guard case .body(.missing)? = error else {
            Issue.record("another error came back: \(String(describing: error))")
            return
        }
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func storeTimeNeverGoesBack(kind: StoreKind) async throws {
        let store = try await kind.open()
        let first = try await store.metadata.put(key("a"), [])
        store.clock.setWall(milliseconds: first.timeMilliseconds - 1_000_000)
        let second = try await store.metadata.put(key("a"), [])
        #expect(second.timeMilliseconds == first.timeMilliseconds)
        store.clock.setWall(milliseconds: first.timeMilliseconds + 5)
        let seen = try await store.metadata.commit(reads: [], attachments: []) { view -> Decision<Int64> in
            .refuse(view.timeMilliseconds)
        }
        guard case .refused(let time) = seen else {
            Issue.record("refused commits return their reason")
            return
        }
        #expect(time == first.timeMilliseconds + 5)
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func scansAreOrderedAndBounded(kind: StoreKind) async throws {
        let store = try await kind.open()
        let names = ["b", "a", "c", "ab", "d", "aa", "ba"]
        for (index, name) in names.enumerated() {
            try await store.metadata.put(key(name), bytes(name))
            if index == 3 { try await store.settle() }
        }
        try await store.metadata.delete(key("c"))
        let all = ["a", "aa", "ab", "b", "ba", "d"].map { key($0) }
        #expect(try await store.metadata.keys() == all)
        #expect(try await store.metadata.keys(from: key("aa"), to: key("ba")) == [key("aa"), key("ab"), key("b")])
        #expect(try await store.metadata.keys(from: key("e"), to: nil) == [])
        let visited = try await store.metadata.read { snapshot throws(StorageError) in
            var visited: [[UInt8]] = []
            try snapshot.scan(from: [], to: nil) { found, _ in
                visited.append(found)
                switch found {
                case key("a"): return .seek(key("ab"))
                // Backwards: goes on at the next one.
                case key("ab"): return .seek(key("a"))
                case key("ba"): return .stop
                default: return .next
                }
            }
            return visited
        }
        #expect(visited == ["a", "ab", "b", "ba"].map { key($0) })
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func storeRowsAreNotSeen(kind: StoreKind) async throws {
        let store = try await kind.open()
        try await store.putBlob(key("blob"), payload(5000))
        try await store.metadata.put(key("small"), [], .attachment(0), attachments: [payload(5000)])
        try await store.settle()
        try await store.metadata.delete(key("blob"))
        // The blob's trash row stands now in the tables, counters and owners in the index.
        #expect(try await store.metadata.keys(from: [], to: nil) == [key("small")])
        #expect(try await store.metadata.keys(from: [0x00], to: [0xFF, 0xFF]) == [key("small")])
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func exactlyOneOfManyWins(kind: StoreKind) async throws {
        let store = try await kind.open()
        for round in 0..<5 {
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for writer in 0..<32 {
                    group.addTask {
                        let target = key("round \(round)")
                        let outcome = try await store.metadata.commit(reads: [target], attachments: []) { view in
                            guard view.rows[0] == nil else { return .refuse(TestRefusal.exists) }
                            return .commit([
                                RowMutation(key: target, change: .put(value: [UInt8(writer)], payload: .none))
                            ])
                        }
                        if case .committed = outcome { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
            if round == 2 { try await store.settle() }
        }
        try await store.close()
    }

    /// Lost updates would show as a sum that is too small.
    @Test(arguments: StoreKind.allCases)
    func concurrentIncrementsAllCount(kind: StoreKind) async throws {
        let store = try await kind.open()
        let counters = (0..<4).map { key("counter \($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<16 {
                group.addTask {
                    for step in 0..<25 {
                        let counter = counters[(writer + step) % counters.count]
                        let outcome = try await store.metadata.commit(reads: [counter], attachments: []) {
                            view -> Decision<TestRefusal> in
                            let old = view.rows[0]?.value.reduce(0) { $0 << 8 | Int($1) } ?? 0
                            let new = [UInt8(truncatingIfNeeded: (old + 1) >> 8), UInt8(truncatingIfNeeded: old + 1)]
                            return .commit([RowMutation(key: counter, change: .put(value: new, payload: .none))])
                        }
                        guard case .committed = outcome else { throw TestRefusal.missing }
                        if writer == 0 && step % 5 == 0 { try await store.settle() }
                    }
                }
            }
            try await group.waitForAll()
        }
        var sum = 0
        for counter in counters { sum += try await store.metadata.value(counter)!.reduce(0) { $0 << 8 | Int($1) } }
        #expect(sum == 16 * 25)
        try await store.close()
    }

    /// Two rows change together; a snapshot that saw one change alone would break their sum.
    @Test(arguments: StoreKind.allCases)
    func snapshotsAreConsistent(kind: StoreKind) async throws {
        let store = try await kind.open()
        let left = key("left")
        let right = key("right")
        try await store.metadata.commit([
            RowMutation(key: left, change: .put(value: [100], payload: .none)),
            RowMutation(key: right, change: .put(value: [100], payload: .none)),
        ])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for step in 0..<200 {
                    let change: Int = step % 3 == 0 ? 1 : -1
                    let outcome = try await store.metadata.commit(reads: [left, right], attachments: []) {
                        view -> Decision<TestRefusal> in
                        guard let a = view.rows[0]?.value[0], let b = view.rows[1]?.value[0] else {
                            return .refuse(.missing)
                        }
                        return .commit([
                            RowMutation(key: left, change: .put(value: [UInt8(Int(a) + change)], payload: .none)),
                            RowMutation(key: right, change: .put(value: [UInt8(Int(b) - change)], payload: .none)),
                        ])
                    }
                    guard case .committed = outcome else { throw TestRefusal.missing }
                    if step % 20 == 0 { try await store.settle() }
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    var lastLSN: UInt64 = 0
                    for _ in 0..<100 {
                        let (lsn, sum) = try await store.metadata.read { snapshot throws(StorageError) in
                            let a = try snapshot.row(left)?.value[0] ?? 0
                            let b = try snapshot.row(right)?.value[0] ?? 0
                            return (snapshot.lsn, Int(a) + Int(b))
                        }
                        #expect(sum == 200)
                        #expect(lsn >= lastLSN)
                        lastLSN = lsn
                    }
                }
            }
            try await group.waitForAll()
        }
        try await store.close()
    }
}
