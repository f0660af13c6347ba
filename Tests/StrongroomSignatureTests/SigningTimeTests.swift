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

@Suite("Moments that come") struct SigningTimeReadingTests {
    @Test(
        "are read as they are written",
        arguments: [0, 951_782_400_000, 1_440_938_160_000, 4_102_444_800_000, 253_402_300_799_000])
    func roundTrip(_ milliseconds: Int64) {
        let time = SigningTime(wallMilliseconds: milliseconds)
        #expect(SigningTime(time.text) == time)
        #expect(time.wallMilliseconds == milliseconds)
    }

    @Test(
        "are refused where there are none",
        arguments: [
            "", "20130524T000000", "20130524000000Z", "20131324T000000Z", "20130230T000000Z", "20130524T240000Z",
            "20130524T006000Z", "20130524T000060Z", "2013052aT000000Z", "20130524T000000Z ", "20130524t000000Z",
        ])
    func refused(_ text: String) { #expect(SigningTime(text) == nil) }

    @Test(
        "are read from Date as they are written",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (-1_000, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (1_369_353_600_000, "Fri, 24 May 2013 00:00:00 GMT"), (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 GMT"), (253_402_300_799_000, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ])
    func httpDate(_ milliseconds: Int64, _ text: String) {
        let time = SigningTime(wallMilliseconds: milliseconds)
        #expect(time.httpDate == text)
        #expect(SigningTime(httpDate: text) == time)
    }

    @Test("come back from Date, whatever they are")
    func httpDates() {
        var random = SplitMix64(state: 1)
        for _ in 0..<2_000 {
            let milliseconds = Int64.random(in: -62_167_219_200...253_402_300_799, using: &random) * 1_000
            let time = SigningTime(wallMilliseconds: milliseconds)
            #expect(SigningTime(httpDate: time.httpDate)?.wallMilliseconds == milliseconds, "\(milliseconds)")
        }
    }

    @Test(
        "are refused where Date has another form, or another day of the week",
        arguments: [
            "", "Sat, 24 May 2013 00:00:00 GMT", "Fri, 24 May 2013 00:00:00 UTC", "Fri, 24 May 2013 00:00:00 +0000",
            "Fri, 24 May 2013 00:00:00", "fri, 24 may 2013 00:00:00 gmt", "Fri, 24 May 13 00:00:00 GMT",
            "Friday, 24-May-13 00:00:00 GMT", "Fri May 24 00:00:00 2013", "Fri, 24 May 2013 24:00:00 GMT",
            "Sun, 30 Feb 2014 00:00:00 GMT", "Fri, 4 May 2013 00:00:00 GMT", "Fri, 24 May 2013 000000 GMT",
            "Fri, 24 May 2013 00:00:00 GMT ", "Fri,  24 May 2013 00:00:00 GMT", "20130524T000000Z",
        ])
    func refusedDate(_ text: String) { #expect(SigningTime(httpDate: text) == nil) }
}
