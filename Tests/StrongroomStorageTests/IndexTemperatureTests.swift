import Testing

@testable import StrongroomStorage

@Suite struct IndexTemperatureTests {
    @Test func slowLookUpsMakeItColdAndQuickOnesHotAgain() {
        let temperature = IndexTemperature()
        temperature.note(lookUps: 64, nanoseconds: 64 * 1_000)
        #expect(!temperature.isCold)
        // A group that had to wait for the disk for each of its rows is enough.
        temperature.note(lookUps: 64, nanoseconds: 64 * 100_000)
        #expect(temperature.isCold)
        var notes = 0
        while temperature.isCold, notes < 1_000 {
            temperature.note(lookUps: 16, nanoseconds: 16 * 1_000)
            notes += 1
        }
        #expect(!temperature.isCold)
        #expect(notes > 10, "one quick look does not outweigh many slow ones")
    }

    /// One page that is waited for now and then is no reason to send every commit round by another thread.
    @Test func aRareWaitDoesNotMakeItCold() {
        let temperature = IndexTemperature()
        for round in 0..<1_000 {
            temperature.note(lookUps: 1, nanoseconds: round % 20 == 0 ? 100_000 : 1_000)
            #expect(!temperature.isCold)
        }
    }

    /// The story: on a busy machine a thread that lost its processor twice for some milliseconds made the index cold,
    /// and each look-up went round by another thread, which lost its own.
    @Test func aProcessorThatIsTakenAwayIsNoDisk() {
        let temperature = IndexTemperature()
        for round in 1...10_000 {
            temperature.note(lookUps: 1, nanoseconds: round.isMultiple(of: 100) ? 20_000_000 : 1_000)
            #expect(!temperature.isCold)
        }
        // A disk that takes as long for one in ten is another matter.
        var rounds = 0
        while !temperature.isCold, rounds < 1_000 {
            rounds += 1
            temperature.note(lookUps: 1, nanoseconds: rounds.isMultiple(of: 10) ? 20_000_000 : 1_000)
        }
        #expect(temperature.isCold)
    }

    @Test func absurdDurationsDoNotOverflow() {
        let temperature = IndexTemperature()
        temperature.note(lookUps: 1, nanoseconds: .max)
        temperature.note(lookUps: .max, nanoseconds: .max)
        temperature.note(lookUps: 1_000, nanoseconds: 0)
        #expect(!temperature.isCold)
    }
}
