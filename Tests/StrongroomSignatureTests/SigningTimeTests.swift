import Testing

@testable import StrongroomSignature

@Suite("Signing time")
struct SigningTimeTests {
    @Test(arguments: [
        (0, "19700101T000000Z"), (999, "19700101T000000Z"), (-1, "19691231T235959Z"),
        (1_440_938_160_000, "20150830T123600Z"), (951_782_400_000, "20000229T000000Z"),
        (4_107_542_399_999, "21000228T235959Z"), (4_107_542_400_000, "21000301T000000Z"),
        (1_735_689_599_000, "20241231T235959Z"), (253_402_300_799_000, "99991231T235959Z"),
    ])
    func aMomentHasItsText(_ milliseconds: Int64, _ text: String) {
        #expect(SigningTime(wallMilliseconds: milliseconds).text == text)
    }

    /// Against a calendar that counts days one by one.
    @Test func theCalendarAgreesWithCounting() {
        var (year, month, day) = (1970, 1, 1)
        for count in 0..<60_000 {
            let text = SigningTime(wallMilliseconds: Int64(count) * 86_400_000).date
            guard text.count == 8, Int(text) == year * 10_000 + month * 100 + day else {
                Issue.record("day \(count) is \(text)")
                return
            }
            let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
        }
    }
}
