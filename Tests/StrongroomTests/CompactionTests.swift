import StrongroomSystem
import Testing

@testable import Strongroom

@Suite("Compaction")
struct CompactionTests {
    private func body(_ number: Int, _ round: Int) -> [UInt8] {
        (0..<9_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number &* 7 &+ round) }
    }

    @Test("Versions, parts and tagged objects are what they were; nobody who follows the store hears of it")
    func objectsStay() async throws {
        try await withStore { store, _ in
            let plain = try await store.createBucket("plain")
            let kept = try await store.createBucket("kept", versioning: .enabled)
            var versions: [(VersionID, Int)] = []
            for round in 0..<4 {
                for number in 0..<100 { try await plain.put("\(number)", body(number, round)) }
                versions.append((try await kept.put("versioned", body(1_000, round)).versionID, round))
            }
            try await plain.setTags(["a": "b"], of: "10")
            for number in 0..<100 where number % 10 != 0 { try await plain.delete("\(number)") }
            try await store.checkpoint()
            let before = try await plain.head("10")
            // Who reads keeps what it has not read. Nobody keeps the journal behind a mere position: the store's own
            // compaction may take it away.
            var follower = try await store.changes().makeAsyncIterator()
            let space = try await store.statistics().segments.reduce(0) { $0 + $1.sizeBytes }
            var told = CompactionReport()
            let report = try await store.compact { told = $0 }
            #expect(report == told)
            #expect(report.movedCount >= 10 && report.freedSegmentCount >= 2)
            #expect(try await store.statistics().segments.reduce(0) { $0 + $1.sizeBytes } < space)
            #expect(try await store.statistics().compactionFailure == nil)

            #expect(try await plain.head("10") == before)
            #expect(try await plain.tags(of: "10").tags == ["a": "b"])
            for number in stride(from: 0, to: 100, by: 10) {
                #expect(try await plain.get("\(number)").collect(upTo: 9_000) == body(number, 3))
            }
            for (version, round) in versions {
                #expect(try await kept.get("versioned", version: version).collect(upTo: 9_000) == body(1_000, round))
            }
            let verified = try await store.verify(readingData: true)
            #expect(verified.isSound, "\(verified.findings)")
            try await plain.put("after", [1])
            #expect(try await follower.next()?.key == "after")
        }
    }

    @Test("A store in memory has nothing to compact")
    func inMemory() async throws {
        let store = try await MemoryEngine().store
        #expect(try await store.compact() == CompactionReport())
        try await store.close()
        await #expect(throws: StoreError.self) { try await store.compact() }
    }
}
