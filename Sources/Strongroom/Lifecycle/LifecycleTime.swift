/// When something is due, in milliseconds since 1970.
enum LifecycleTime {
    static let dayMilliseconds: Int64 = 86_400_000

    /// The age is counted from the moment to the millisecond; what has reached it goes at the next midnight (UTC), as
    /// in S3: put on the 1st at 10:30 with a rule of three days, due on the 5th at 00:00.
    static func due(_ milliseconds: Int64, afterDays days: Int) -> Int64 {
        let day = milliseconds >= 0 ? milliseconds / dayMilliseconds : (milliseconds + 1) / dayMilliseconds - 1
        let (due, isOverflown) = (day + Int64(days) + 1).multipliedReportingOverflow(by: dayMilliseconds)
        return isOverflown ? .max : due
    }

    static func isMidnight(_ milliseconds: Int64) -> Bool { milliseconds % dayMilliseconds == 0 }
}
