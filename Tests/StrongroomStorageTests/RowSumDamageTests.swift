import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import Testing

@testable import StrongroomStorage

/// Sums that cannot be told, or are not to be believed.
@Suite struct RowSumDamageTests {
    /// Every row takes something away.
    private static let contradictory = RowSumDefinition(number: 9, tables: [0x10]) { _, _, tally in
        tally.add([1], [-1, 0, 0, 0])
    }

    /// A store that a program wrote that knows nothing of sums.
    private func olderStore(seed: UInt64) async throws -> SimulatedMachine {
        let machine = try await SimulatedMachine(seed: seed)
        let older = try await machine.open()
        for number in 0..<30 { try await older.metadata.put(key(number), [UInt8(number)]) }
        try await older.close()
        machine.reopenIndex()
        return machine
    }

    @Test func aStepThatContradictsTheRowsFails() async throws {
        let machine = try await olderStore(seed: 20)
        var builder = try RowSumBuilder(Self.contradictory, machine.index, rowsPerStep: 10)
        for _ in 0..<3 {
            try builder.step()
            let error = #expect(throws: StorageError.self) { try builder.step() }
            #expect(error?.code == .corrupted && !builder.isComplete && builder.contradiction != nil)
        }
        // What is at fault may be gone.
        builder = try RowSumBuilder(TestSums.definition, machine.index, rowsPerStep: 10)
        for _ in 0..<5 { try builder.step() }
        #expect(builder.isComplete && builder.contradiction == nil)
    }

    @Test func verifyingTellsThatRowsCannotBeAddedUp() async throws {
        let machine = try await olderStore(seed: 21)
        let storage = try await machine.open(sums: Self.contradictory)
        // Each makes a step, at least.
        for _ in 0..<3 { try await storage.checkpoint() }
        let findings = try await storage.verify(readingBlobs: false).findings
        #expect(findings.count == 1 && findings[0].error.message.contains("fall below zero"))
        try await storage.close()
        machine.reopenIndex()
        let again = try await machine.open(sums: TestSums.definition)
        try await again.metadata.checkSums()
        #expect(try await again.verify(readingBlobs: false).findings.isEmpty)
        try await again.close()
    }

    /// A checkpoint of 4 slices comes to an end after the first, and a program that knows nothing of sums makes it
    /// anew: all of it, or so many slices before it dies as well.
    @Test(arguments: [nil, 1, 2, 3])
    func slicesOfAnOlderProgramAreNotTakenForCounted(olderSlices: Int?) async throws {
        let machine = try await SimulatedMachine(seed: 22, sums: TestSums.definition)
        let storage = try await machine.open(indexWrites: 1, sums: TestSums.definition)
        for number in 0..<60 { try await storage.metadata.put(key(number), [UInt8(number)]) }
        await #expect(throws: StorageError.self) { try await storage.checkpoint() }
        machine.kill(seed: 1)

        let older = try await machine.open(seed: 2, indexWrites: olderSlices)
        if olderSlices == nil {
            try await older.close()
            machine.reopenIndex()
        } else {
            await #expect(throws: StorageError.self) { try await older.checkpoint() }
            machine.kill(seed: 2)
        }

        let again = try await machine.open(seed: 3, sums: TestSums.definition)
        try await again.metadata.checkSums()
        try await again.checkpoint()
        try await again.metadata.checkSums()
        #expect(try await again.verify(readingBlobs: false).findings.map(\.error.message) == [])
        try await again.close()
    }

    @Test func namesThatNobodyAskedForAreNotKept() {
        var tally = RowTally(namesStartingWith: [[1, 2], [3]])
        for name: [UInt8] in [[1], [1, 2], [1, 2, 9], [2], [3, 0], [4]] { tally.add(name, [1, 0, 0, 0]) }
        #expect(Set(tally.amounts.keys) == [[1, 2], [1, 2, 9], [3, 0]])
    }

    @Test(arguments: [RowSumState.Phase.clearing, .adding(upTo: [0x10, 1]), .complete])
    func statesAreReadAsTheyWereWritten(phase: RowSumState.Phase) {
        var checkpoint = CheckpointState(storeID: StoreKind.storeID)
        (checkpoint.containedLSN, checkpoint.appliedLSN) = (9, 4)
        let state = RowSumState(definitionNumber: 7, at: checkpoint, phase: phase)
        let bytes = state.encoded()
        #expect(RowSumState(decoding: bytes) == state)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(RowSumState(decoding: changed) == nil)
            #expect(RowSumState(decoding: Array(bytes[..<index])) == nil)
        }
    }
}
