#if CommandLineTool
import Strongroom
import Testing

@testable import StrongroomCommandLine

@Suite("Arguments")
struct ArgumentTests {
    @Test func aBucketEndsAtTheFirstSlash() {
        #expect(ObjectAddress(argument: "b/k") == ObjectAddress(bucket: "b", key: "k"))
        #expect(ObjectAddress(argument: "b//k/") == ObjectAddress(bucket: "b", key: "/k/"))
        // The mark belongs to the key, and not to the slash before it.
        #expect(ObjectAddress(argument: "b/\u{301}k") == ObjectAddress(bucket: "b", key: "\u{301}k"))
        for wrong in ["", "b", "b/", "/k", "/"] { #expect(ObjectAddress(argument: wrong) == nil) }
    }

    @Test func aPrefixIsADirectory() {
        #expect(PrefixAddress(argument: "b")?.prefix == "")
        #expect(PrefixAddress(argument: "b/")?.prefix == "")
        #expect(PrefixAddress(argument: "b/p")?.prefix == "p/")
        #expect(PrefixAddress(argument: "b/p/q/")?.prefix == "p/q/")
        #expect(PrefixAddress(argument: "b/\u{301}p")?.prefix == "\u{301}p/")
        #expect(PrefixAddress(argument: "/p") == nil)
    }

    @Test(arguments: [
        ("0-0", 0..<1), ("3-", 3..<10), ("3-5", 3..<6), ("3-99", 3..<10), ("-4", 6..<10), ("-99", 0..<10),
    ])
    func rangesOfTenBytes(text: String, expected: Range<UInt64>) throws {
        #expect(try #require(ByteRangeArgument(argument: text)).resolved(size: 10) == expected)
    }

    @Test(arguments: ["10-", "10-20", "-0"])
    func rangesThatTouchNothing(text: String) throws {
        #expect(try #require(ByteRangeArgument(argument: text)).resolved(size: 10) == nil)
    }

    @Test(arguments: ["", "-", "5-3", "a-b", "1-2-3", "+1-2", " 1-2", "0x1-2", "99999999999999999999-", "1", "٣-٥"])
    func noRanges(text: String) {
        #expect(ByteRangeArgument(argument: text) == nil)
    }

    @Test func aPairsNameEndsAtTheFirstEqualsSign() throws {
        let pair = try #require(PairArgument(argument: "a=b=c"))
        #expect(pair.name == "a" && pair.value == "b=c")
        #expect(PairArgument(argument: "a=")?.value == "")
        for wrong in ["", "a", "=b"] { #expect(PairArgument(argument: wrong) == nil) }
    }

    @Test func anETagIsTakenWithHTTPsQuotesAndWithout() {
        #expect(ETagArgument(argument: "ab-1")?.condition == .matches("ab-1"))
        #expect(ETagArgument(argument: "\"ab-1\"")?.condition == .matches("ab-1"))
        #expect(ETagArgument(argument: "*")?.condition == .present)
        for wrong in ["", "\"", "\"\"", "\"a", "a\"b"] { #expect(ETagArgument(argument: wrong) == nil) }
    }

    @Test(arguments: ["2030-01-01T00:00:00Z", "2030-01-01T00:00:00.001Z", "2030-12-31T23:59:59.999Z"])
    func aMomentIsPrintedAsItWasRead(text: String) throws {
        let moment = try #require(MomentArgument(argument: text))
        #expect(moment.text == text)
        #expect(MomentArgument(argument: moment.text) == moment)
    }

    @Test(arguments: ["", "2030", "2030-01-01", "2030-13-01T00:00:00Z", "tomorrow"])
    func noMoments(text: String) { #expect(MomentArgument(argument: text) == nil) }

    @Test func aModeOfRetentionIsTakenInEitherCase() {
        #expect(RetentionModeArgument(argument: "GOVERNANCE") == .governance)
        #expect(RetentionModeArgument(argument: "compliance") == .compliance)
        for wrong in ["", "GOV", "none"] { #expect(RetentionModeArgument(argument: wrong) == nil) }
    }
}
#endif
