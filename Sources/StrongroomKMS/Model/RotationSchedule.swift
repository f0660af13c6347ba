/// When a key gets new material by itself.
struct RotationSchedule: Sendable, Equatable {
    static let periodDaysDefault = 365
    static let periodDays = 90...2560
    private static let dayMilliseconds: Int64 = 86_400_000

    let periodDays: Int
    var nextMilliseconds: Int64

    init(periodDays: Int, nextMilliseconds: Int64) {
        self.periodDays = periodDays
        self.nextMilliseconds = nextMilliseconds
    }

    /// The first rotation is a period from now on.
    init(periodDays: Int, from nowMilliseconds: Int64) throws(KeyServiceError) {
        guard Self.periodDays.contains(periodDays) else {
            throw KeyServiceError.outOfRange("rotationPeriodInDays", periodDays, Self.periodDays)
        }
        self.init(
            periodDays: periodDays, nextMilliseconds: nowMilliseconds + Int64(periodDays) * Self.dayMilliseconds)
    }

    /// Once the key has been rotated: a period from now on, however late that was.
    func rotated(at nowMilliseconds: Int64) -> RotationSchedule {
        RotationSchedule(
            periodDays: periodDays, nextMilliseconds: nowMilliseconds + Int64(periodDays) * Self.dayMilliseconds)
    }
}
