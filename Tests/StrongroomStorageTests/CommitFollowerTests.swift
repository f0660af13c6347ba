import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// Followers against crashes: what was acknowledged is told, in order, once, and nothing that did not happen.
@Suite struct CommitFollowerTests {
    private static func note(_ lsn: UInt64) -> [UInt8] {
        [7] + (0..<8).map { UInt8(truncatingIfNeeded: lsn >> (8 * $0)) }
    }

    /// Everything is kept, as at an opening before it is known who follows.
    private static var options: EmbeddedStorageOptions {
        var options = EmbeddedStorageOptions.simulated
        options.holds.awaitsBeginning = true
        return options
    }

    private func write(_ storage: EmbeddedStorage, _ count: Int, seed: UInt64) async -> [UInt64] {
        var generator = SeededGenerator(seed: seed)
        var acknowledged: [UInt64] = []
        for number in 0..<count {
            let key = [0x10, UInt8(number % 50)]
            let payload = [UInt8](repeating: 1, count: Int.random(in: 0...3_000, using: &generator))
            let outcome = try? await storage.metadata.commit(reads: [], attachments: [payload]) {
                view -> Decision<TestRefusal> in
                .commit(
                    [RowMutation(key: key, change: .put(value: [1], payload: .attachment(0)))],
                    note: Self.note(view.lsn))
            }
            guard case .committed(let receipt) = outcome else { break }
            acknowledged.append(receipt.lsn)
        }
        return acknowledged
    }

    private func told(_ storage: EmbeddedStorage, after lsn: UInt64, to last: UInt64) async throws -> [UInt64] {
        guard lsn < last else { return [] }
        let follower = storage.metadata.follow(after: lsn, through: nil)
        var lsns: [UInt64] = []
        while lsns.last ?? lsn < last, let notes = try await follower.next() {
            for note in notes {
                #expect(note.note == Self.note(note.lsn))
                lsns.append(note.lsn)
            }
        }
        return lsns
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func crashesLoseNothingThatWasAcknowledged(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let machine = try await SimulatedMachine(seed: seed, options: Self.options)
        var acknowledged: [UInt64] = []
        /// How far a follower was told before the crash: it goes on from there.
        var known: [UInt64] = []
        for life in 0..<5 as Range<UInt64> {
            let storage = try await machine.open(seed: seed &* 100 &+ life)
            machine.fileSystem.failPower(afterMutations: Int.random(in: 20..<400, using: &generator))
            async let checkpoints: Void = {
                for _ in 0..<5 { try? await storage.checkpoint() }
            }()
            acknowledged += await write(storage, 200, seed: generator.next())
            await checkpoints
            machine.crash(seed: generator.next())
            let reopened = try await machine.open(seed: seed &* 200 &+ life)
            let last = try await reopened.statistics().lastLSN
            let isEmpty = acknowledged.isEmpty
            #expect(isEmpty || last >= acknowledged.last!)
            let lsns = try await told(reopened, after: known.last ?? 0, to: acknowledged.last ?? 0)
            known += lsns
            #expect(known == known.sorted() && Set(known).count == known.count)
            #expect(Set(acknowledged).isSubset(of: known))
            try await reopened.close()
            machine.reopenIndex()
        }
        #expect(!acknowledged.isEmpty)
        let storage = try await machine.open(seed: 9)
        #expect(try await told(storage, after: 0, to: known.last ?? 0) == known)
        try await storage.close()
    }

    /// The disk takes everything up to one moment, and of what it has not synced nothing, all or a part: of a commit
    /// of several rows there is all or nothing, wherever the moment is.
    @Test func aCommitOfSeveralRowsIsAllOrNothing() async throws {
        var seen: Set<Int> = []
        for moment in 0..<14 {
            for seed in 0..<6 as Range<UInt64> {
                let machine = try await SimulatedMachine(seed: seed)
                let storage = try await machine.open()
                let keys = (0..<5).map { [0x10, UInt8($0)] }
                try await commit(storage, keys, value: 1)
                machine.fileSystem.failPower(afterMutations: moment)
                let isDone = (try? await commit(storage, keys, value: 2)) != nil
                machine.crash(seed: seed)
                let reopened = try await machine.open(seed: 2)
                var values: Set<UInt8> = []
                for key in keys {
                    let row = try #require(try await reopened.metadata.pinnedRow(key)).row
                    values.insert(try #require(row.value.first))
                }
                #expect(values.count == 1, "a part of a commit at moment \(moment), seed \(seed)")
                if isDone { #expect(values == [2]) }
                seen.formUnion(values.map(Int.init))
                try await reopened.close()
            }
        }
        // Both ends were met.
        #expect(seen == [1, 2])
    }

    private func commit(_ storage: EmbeddedStorage, _ keys: [[UInt8]], value: UInt8) async throws {
        let payloads = keys.map { [UInt8](repeating: value, count: 700 * Int($0[1])) }
        let outcome = try await storage.metadata.commit(reads: keys, attachments: payloads) {
            _ -> Decision<TestRefusal> in
            .commit(
                keys.enumerated().map {
                    RowMutation(key: $1, change: .put(value: [value], payload: .attachment($0)))
                })
        }
        guard case .committed = outcome else { throw Discrepancy("the commit was refused") }
    }

    /// A payload that lives keeps the first segment, the second is recycled; after the next opening the first one's
    /// last LSN is taken from the third's header, which is too large. A follower once said that the journal was
    /// damaged there.
    @Test func aGapBehindAKeptSegmentIsNoDamage() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        try await commit(storage, [[0x10, 9]], value: 1)
        for number in 0..<200 {
            _ = try await storage.metadata.commit(reads: [], attachments: []) { view -> Decision<TestRefusal> in
                .commit(
                    [RowMutation(key: [0x11, UInt8(number % 7)], change: .put(value: [1], payload: .none))],
                    note: Self.note(view.lsn))
            }
        }
        for _ in 0..<3 { try await storage.checkpoint() }
        try await storage.close()
        machine.reopenIndex()
        let reopened = try await machine.open(seed: 2)
        let segments = try await reopened.statistics().segments.map(\.id)
        #expect(segments.first == 1 && !segments.contains(2), "the test is about another case: \(segments)")
        let follower = reopened.metadata.follow(after: 1, through: nil)
        let error = await #expect(throws: StorageError.self) {
            while try await follower.next() != nil {}
        }
        #expect(error?.code == .positionExpired)
        try await reopened.close()
    }

    /// A follower holds what it has not read; when it is gone, or behind the limit, segments go.
    @Test func segmentsAreKeptForFollowersWithinTheLimit() async throws {
        for limitBytes in [UInt64(64 << 20), 200 << 10] {
            var options = EmbeddedStorageOptions.simulated
            options.holds.sizeBytesMaximum = limitBytes
            let machine = try await SimulatedMachine(seed: 1, options: options)
            let storage = try await machine.open()
            let follower = storage.metadata.follow(after: 0, through: nil)
            for _ in 0..<4 {
                _ = await write(storage, 400, seed: 1)
                try await storage.checkpoint()
            }
            if limitBytes > 1 << 20 {
                #expect(try await follower.next()?.first?.lsn == 1)
            } else {
                let error = await #expect(throws: StorageError.self) { _ = try await follower.next() }
                #expect(error?.code == .positionExpired)
            }
            try await storage.close()
        }
    }
}
