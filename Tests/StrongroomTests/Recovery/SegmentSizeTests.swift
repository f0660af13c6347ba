import StrongroomStorage
import Testing

@testable import Strongroom

/// Stores that are opened with another size of the journal's segments.
@Suite("Segment sizes")
struct SegmentSizeTests {
    private static func body(_ number: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 120_000)
    }

    /// The story: the small segments of an earlier opening were used again as they were. A commit that was longer than
    /// one of them was written past its end and acknowledged, and then the store could not be opened any more.
    @Test("Small segments of an earlier opening take no commit that is longer than they are")
    func smallSegmentsAreNotUsedAgain() async throws {
        let directory = try TemporaryDirectory()
        var options = StoreOptions.forTests
        options.changeFeedLimitBytes = 0
        let small = try await Store.open(at: directory.store, options: options)
        let old = try await small.createBucket("old")
        for number in 0..<60 { try await old.put("\(number)", Self.body(number)) }
        for number in 0..<60 { try await old.delete("\(number)") }
        try await small.close()

        options.journalSegmentBytes = StoreOptions().journalSegmentBytes
        let store = try await Store.open(at: directory.store, options: options)
        let before = try await store.statistics().segments.count
        // An image, so that the journal is not kept to rebuild the catalog.
        _ = try await store.engine.storage.embedded?.takeImage()
        for _ in 0..<3 { try await store.checkpoint() }
        #expect(try await store.statistics().segments.count < before - 2, "nothing was freed: this proves nothing")
        let bucket = try await store.createBucket("new")
        for commit in 0..<12 {
            try await store.batch { batch in
                for number in 0..<20 { batch.put("\(commit)/\(number)", Self.body(commit + number), in: bucket.name) }
            }
        }
        try await store.close()

        let again = try await Store.open(at: directory.store, options: options)
        for commit in 0..<12 {
            for number in 0..<20 {
                let body = try await again.bucket("new").get("\(commit)/\(number)").collect(upTo: 1 << 20)
                #expect(body == Self.body(commit + number))
            }
        }
        #expect(try await again.verify(readingData: true).isSound)
        try await again.close()
    }
}
