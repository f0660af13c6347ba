import StrongroomKeys
import StrongroomS3ManagedKeys
import StrongroomSimulation
import Testing

@testable import Strongroom

@Suite("Data keys made ahead")
struct DataKeyReserveTests {
    private func reserve(_ clock: ManualClock) async throws -> (DataKeyReserve, KeyBackendInstance, TemporaryDirectory)
    {
        let directory = try TemporaryDirectory()
        let backend = try await KeyBackendInstance.open(
            S3ManagedKeys.table, configuration: S3ManagedKeys.configuration(keyring: directory.keyring, creates: true))
        return (DataKeyReserve(backend, clock: clock), backend, directory)
    }

    @Test("Each key is given out once, and there are never more than a few")
    func distinct() async throws {
        let (reserve, backend, _) = try await reserve(ManualClock())
        #expect(reserve.take().map(\.wrapped.keyID) == nil)
        for _ in 0..<3 * DataKeyReserve.countMaximum { reserve.replenish() }
        var wrapped: Set<[UInt8]> = []
        while let key = reserve.take() { wrapped.insert(key.wrapped.bytes) }
        #expect(wrapped.count == DataKeyReserve.countMaximum)
        try await backend.close()
    }

    @Test("A key that has waited too long is not used")
    func age() async throws {
        let clock = ManualClock()
        let (reserve, backend, _) = try await reserve(clock)
        reserve.replenish()
        reserve.replenish()
        clock.advance(milliseconds: DataKeyReserve.ageMaximumNanoseconds / 1_000_000)
        #expect(reserve.take().map(\.wrapped.keyID) == nil)
        reserve.replenish()
        #expect(reserve.take().map(\.wrapped.keyID) != nil)
        try await backend.close()
    }

    @Test("A backend that makes no key leaves none behind, and no error")
    func closed() async throws {
        let (reserve, backend, _) = try await reserve(ManualClock())
        try await backend.close()
        reserve.replenish()
        #expect(reserve.take().map(\.wrapped.keyID) == nil)
    }
}
