/// What a host does about a key backend that is slow, throttles or is away: how many calls it has under way at once,
/// when it stops asking for a while, and how often it asks again.
///
/// What is refused or fails is an error. Nothing ever goes on without its key.
public struct KeyBackendLimits: Sendable, Hashable {
    /// How many calls are under way at once: 1 to 10,000, 48 by default. Others wait, no longer than until their
    /// deadline.
    public var callsInFlightMax = 48
    /// After how many failures in a row nothing more is asked for a while (the *circuit* opens): 0 to 1,000, 5 by
    /// default; 0 for never. A failure is a backend that is unavailable, answers too late, or breaks the contract.
    /// That a key is disabled, a right missing or a quota used up is an answer.
    public var circuitFailureCount = 5
    /// Within how many seconds these failures come: 1 to 3,600, 30 by default.
    public var circuitWindowSeconds = 30
    /// For how many seconds nothing is asked: 1 to 3,600, 5 by default. Then one call tries whether the backend is
    /// back.
    public var circuitOpenSeconds = 5
    /// How often a call that was throttled, or whose backend was unavailable, is repeated: 0 to 10, 3 by default.
    /// Never past its deadline, and not where nearly all calls need it. A backend that repeats requests itself, as
    /// clients of remote services do, multiplies this: set one of the two to 0.
    public var retryCountMax = 3
    /// The first pause before a repetition is at most so many milliseconds, the next twice as many, and so on: 1 to
    /// 10,000, 50 by default. Each is drawn at random between zero and that.
    public var retryBaseMilliseconds = 50
    /// No pause is longer than so many milliseconds: 1 to 60,000, 2,000 by default.
    public var retryCapMilliseconds = 2_000

    /// The defaults.
    public init() {}

    /// - Throws: ``KeyBackendError/Code/invalidRequest`` where a value is out of its range.
    public func check() throws(KeyBackendError) {
        let bounds: [(name: String, value: Int, range: ClosedRange<Int>)] = [
            ("callsInFlightMax", callsInFlightMax, 1...10_000),
            ("circuitFailureCount", circuitFailureCount, 0...1_000),
            ("circuitWindowSeconds", circuitWindowSeconds, 1...3_600),
            ("circuitOpenSeconds", circuitOpenSeconds, 1...3_600),
            ("retryCountMax", retryCountMax, 0...10),
            ("retryBaseMilliseconds", retryBaseMilliseconds, 1...10_000),
            ("retryCapMilliseconds", retryCapMilliseconds, 1...60_000),
        ]
        for bound in bounds where !bound.range.contains(bound.value) {
            throw KeyBackendError(
                .invalidRequest,
                "\(bound.name) is \(bound.value); it may be \(bound.range.lowerBound) to \(bound.range.upperBound).")
        }
    }
}
