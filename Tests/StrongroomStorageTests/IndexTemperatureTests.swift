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

    @Test func absurdDurationsDoNotOverflow() {
        let temperature = IndexTemperature()
        temperature.note(lookUps: 1, nanoseconds: .max)
        temperature.note(lookUps: .max, nanoseconds: .max)
        temperature.note(lookUps: 1_000, nanoseconds: 0)
        #expect(!temperature.isCold)
    }
}
