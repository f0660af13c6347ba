import Testing

@testable import StrongroomStorage

@Suite struct ReadEpochsTests {
    @Test func onlyOlderReadersKeepWhatIsRetired() {
        let epochs = ReadEpochs()
        let before = epochs.enter()
        let retired = epochs.retire()
        let after = epochs.enter()
        #expect(!epochs.isDrained(through: retired))
        epochs.leave(before)
        #expect(epochs.isDrained(through: retired))
        let next = epochs.retire()
        #expect(!epochs.isDrained(through: next))
        #expect(epochs.isDrained(through: retired))
        epochs.leave(after)
        #expect(epochs.isDrained(through: next))
        #expect(epochs.readerCount == 0)
    }

    @Test func everyReaderOfAnEpochCounts() {
        let epochs = ReadEpochs()
        let first = epochs.enter()
        let second = epochs.enter()
        #expect(first == second)
        let retired = epochs.retire()
        epochs.leave(first)
        #expect(!epochs.isDrained(through: retired))
        epochs.leave(second)
        #expect(epochs.isDrained(through: retired))
    }

    @Test func aHoldKeepsEverything() {
        let epochs = ReadEpochs()
        let retired = epochs.retire()
        #expect(epochs.isDrained(through: retired))
        epochs.hold()
        epochs.hold()
        epochs.releaseHold()
        #expect(!epochs.isDrained(through: retired))
        epochs.releaseHold()
        #expect(epochs.isDrained(through: retired))
    }

    @Test func retirementsComeOutOldestFirst() {
        let epochs = ReadEpochs()
        var retirements = Retirements<Int>()
        let reader = epochs.enter()
        retirements.add([1, 2], epoch: epochs.retire())
        retirements.add([], epoch: epochs.retire())
        retirements.add([3], epoch: epochs.retire())
        #expect(retirements.takeDrained(epochs) == [])
        #expect(retirements.isWaiting)
        epochs.leave(reader)
        #expect(retirements.takeDrained(epochs) == [1, 2, 3])
        #expect(!retirements.isWaiting)
    }

    @Test func blobEpochsSealInOrder() {
        let registry = BlobRegistry(firstEpoch: 5)
        #expect(registry.sealedEpoch == 4)
        let slow = registry.enter(id: [1])
        registry.beginEpoch()
        let quick = registry.enter(id: [2])
        registry.leave(quick)
        registry.beginEpoch()
        #expect(registry.currentEpoch == 7)
        // The slow one keeps its own epoch and all later ones from being sealed.
        #expect(registry.sealedEpoch == 4)
        registry.abandon(slow)
        #expect(registry.sealedEpoch == 4)
        #expect(registry.abandoned == [slow])
        registry.leave(slow)
        #expect(registry.sealedEpoch == 6)
        // An epoch without files is not left for another.
        registry.beginEpoch()
        #expect(registry.currentEpoch == 7)
        #expect(registry.abandoned == [])
    }
}
