import Testing

@testable import Strongroom
@testable import StrongroomStorage

@Suite("What the journal keeps for consumers")
struct ConsumerHoldTests {
    /// The story: a consumer that was made anew while another task was still removing the one before had nothing kept
    /// for it, and met `positionExpired`.
    @Test func agreesWithTheRowsWhoeverMakesAndRemovesThem() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: .forTests)
        let holds = try #require(store.engine.storage.embedded?.holds)
        for round in 0..<150 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask {
                        if (task + round).isMultiple(of: 2) {
                            try await store.removeConsumer(named: "x")
                        } else {
                            let consumer = try await store.consumer(named: "x")
                            do throws(StoreError) {
                                try await consumer.acknowledge(try await store.position())
                            } catch {
                                guard error.code == .notFound else { throw error }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let isHeld = holds.expectedReadLSN(of: [], timeMilliseconds: 0) != .max
            #expect(try await store.listConsumers().isEmpty != isHeld, "round \(round)")
        }
        try await store.close()
    }
}
