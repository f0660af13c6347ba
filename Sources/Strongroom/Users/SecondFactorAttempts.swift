/// Wrong codes in a row, by users' ids: whoever guesses has to wait. Three codes of a million are right at a time; with
/// these pauses about a hundred can be tried in a day.
///
/// It is kept in memory alone. A wrong code must not write to the disk, and nobody who guesses can restart a server.
struct SecondFactorAttempts: Sendable {
    /// Wrong codes without a pause.
    static let freeCount = 3
    static let firstPauseSeconds: UInt64 = 30
    static let longestPauseSeconds: UInt64 = 900

    private struct Failures {
        var count = 0
        var nextNanoseconds: UInt64 = 0
    }

    private var failures: [String: Failures] = [:]

    /// How long no code of the user's is looked at; 0 where one may be tried.
    ///
    /// - Parameter nowNanoseconds: of a clock that never goes back.
    func pauseSeconds(of userID: String, at nowNanoseconds: UInt64) -> UInt64 {
        guard let next = failures[userID]?.nextNanoseconds, next > nowNanoseconds else { return 0 }
        return (next - nowNanoseconds + 999_999_999) / 1_000_000_000
    }

    mutating func noteWrong(_ userID: String, at nowNanoseconds: UInt64) {
        var failed = failures[userID] ?? Failures()
        failed.count += 1
        if failed.count >= Self.freeCount {
            let doublings = min(failed.count - Self.freeCount, 16)
            let pause = min(Self.firstPauseSeconds << UInt64(doublings), Self.longestPauseSeconds)
            failed.nextNanoseconds = nowNanoseconds + pause * 1_000_000_000
        }
        failures[userID] = failed
    }

    mutating func noteRight(_ userID: String) { failures[userID] = nil }
}
