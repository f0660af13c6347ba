import StrongroomCatalog
import StrongroomSystem
import Testing

/// The faults that simulations inject.
@Suite struct MemoryIndexTests {
    private static func write(_ index: MemoryIndex, _ byte: UInt8) throws(StorageError) {
        try index.write { transaction throws(StorageError) in
            try transaction.put([1], [byte])
            try transaction.put([2], [byte])
        }
    }

    private static func values(_ index: MemoryIndex) throws -> [UInt8] { try index.rows().flatMap(\.value) }

    @Test func aFullDiskChangesNothingAndPasses() throws {
        let index = MemoryIndex()
        try Self.write(index, 1)
        index.failNextWrite(.diskFull)
        let error = #expect(throws: StorageError.self) { try Self.write(index, 2) }
        #expect(error?.code == .diskFull)
        #expect(try Self.values(index) == [1, 1])
        try Self.write(index, 3)
        #expect(try Self.values(index) == [3, 3])
    }

    @Test(arguments: [true, false])
    func aBatchInFlightIsWholeOrAbsent(isKept: Bool) throws {
        let index = MemoryIndex()
        try Self.write(index, 1)
        index.failNextWrite(.inputOutput)
        let first = #expect(throws: StorageError.self) { try Self.write(index, 2) }
        #expect(first?.code == .inputOutput)
        let second = #expect(throws: StorageError.self) { try Self.write(index, 3) }
        #expect(second?.code == .durabilityUnknown, "after a failed write nothing is acknowledged")
        #expect(try Self.values(index) == [1, 1], "reads go on")

        let reopened = index.crash(keepingInFlight: isKept)
        #expect(try Self.values(reopened) == (isKept ? [2, 2] : [1, 1]))
        try Self.write(reopened, 4)
        #expect(try Self.values(reopened) == [4, 4])
        let third = #expect(throws: StorageError.self) { try Self.write(index, 5) }
        #expect(third?.code == .closed)
    }

    @Test func whatWasAcknowledgedSurvivesEveryCrash() throws {
        let index = MemoryIndex()
        try Self.write(index, 1)
        #expect(try Self.values(index.crash(keepingInFlight: true)) == [1, 1])
    }
}
