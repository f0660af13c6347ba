import Foundation
import StrongroomKeys
import Testing

@testable import Strongroom

/// What the stores of a process say when somebody asks what hangs on a key.
@Suite("Open stores")
struct OpenStoresTests {
    private static let key = TestKeyService.arn("app")

    @Test("Nobody to ask is not known, and neither is a store that is being opened or closed")
    func unknown() async throws {
        let stores = OpenStores()
        let nobody = await stores.dependencies(on: Self.key, version: nil)
        #expect(!nobody.isKnown && nobody.storeCount == 0)
        let opening = stores.begin("/somewhere")
        // It is there, though it cannot tell: who asks must not take that for nobody.
        let early = await stores.dependencies(on: Self.key, version: nil)
        #expect(early.storeCount == 1 && early.unknown?.contains("/somewhere") == true)
        let memory = try await MemoryEngine()
        stores.opened(memory.engine, opening)
        let empty = await stores.dependencies(on: Self.key, version: nil)
        #expect(empty.isKnown && empty.storeCount == 1 && empty.objectCount == 0)
        let other = stores.begin("/elsewhere")
        #expect(await !stores.dependencies(on: Self.key, version: nil).isKnown)
        stores.giveUp(other)
        #expect(await stores.dependencies(on: Self.key, version: nil).isKnown)
        try await memory.engine.close()
        let closed = await stores.dependencies(on: Self.key, version: nil)
        #expect(!closed.isKnown && closed.storeCount == 1 && closed.unknown?.contains("closed") == true)
        stores.forget(memory.engine)
        #expect(await stores.dependencies(on: Self.key, version: nil) == nobody)
    }

    @Test("A store that was dropped is not asked any more")
    func dropped() async throws {
        let stores = OpenStores()
        do {
            let memory = try await MemoryEngine()
            stores.opened(memory.engine, stores.begin("/dropped"))
            #expect(await stores.dependencies(on: Self.key, version: nil).storeCount == 1)
        }
        #expect(await stores.dependencies(on: Self.key, version: nil).storeCount == 0)
    }

    @Test("What stores say is added up, by version where one is named, and locked objects stand first")
    func sums() async throws {
        let fixture = try ModeFixture()
        let stores = OpenStores()
        let until = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 10_000).rounded())
        var engines: [MemoryEngine] = []
        for number in 0..<2 {
            let memory = try await fixture.memory(.kms)
            engines.append(memory)
            stores.opened(memory.engine, stores.begin("/store \(number)"))
            let bucket = try await memory.store.createBucket("vault", objectLock: true)
            let plain = try await memory.store.createBucket("another")
            let request = EncryptionRequest.kms(key: "app", bucketKey: true)
            try await plain.put("a", [1, 2], options: PutOptions(encryption: request))
            let lock = Retention(mode: .compliance, until: until.addingTimeInterval(Double(number) * 100))
            try await bucket.put("a", [1, 2, 3], options: PutOptions(encryption: request, retention: lock))
            try await bucket.put("b", [1], options: PutOptions(encryption: .kms(key: "app"), retention: lock))
        }
        let all = await stores.dependencies(on: Self.key, version: nil)
        #expect(all.isKnown && all.storeCount == 2 && all.objectCount == 6 && all.bytes == 12)
        #expect(all.lockedCount == 4 && all.lockedUntilMilliseconds == Int64(until.timeIntervalSince1970 + 100) * 1_000)
        #expect(all.places.map(\.store) == ["/store 1", "/store 0", "/store 0", "/store 1"])
        #expect(all.places.map(\.bucket) == ["vault", "vault", "another", "another"])
        #expect(await stores.dependencies(on: Self.key, version: "1").objectCount == 6)
        let none = await stores.dependencies(on: Self.key, version: "2")
        #expect(none.isKnown && none.objectCount == 0 && none.lockedCount == 0)
        #expect(throws: KeyBackendError.self) { try all.checkNothingLocked(under: "the key") }
        try none.checkNothingLocked(under: "the key")
        withExtendedLifetime(engines) {}
    }
}
