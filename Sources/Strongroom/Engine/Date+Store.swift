#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension Date {
    /// Store time: milliseconds since 1970.
    init(storeMilliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(storeMilliseconds) / 1_000)
    }

    /// The end of the year 9999.
    static let lastStoreMilliseconds: Int64 = 253_402_300_799_999

    /// Store time that is not before this moment; nil for a moment that no calendar has.
    var storeMillisecondsRoundedUp: Int64? {
        // A microsecond less, which is more than a date's own rounding: what was a whole millisecond stays so.
        let milliseconds = (timeIntervalSince1970 * 1_000 - 0.001).rounded(.up)
        guard milliseconds.isFinite, abs(milliseconds) <= Double(Self.lastStoreMilliseconds) else { return nil }
        return Int64(milliseconds)
    }
}
