#if CommandLineTool
import Testing

@testable import StrongroomCommandLine

@Suite("Output")
struct OutputTests {
    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
        (5 << 30, "5.0 GiB"), (.max, "16.0 EiB"),
    ])
    func bytes(count: UInt64, expected: String) {
        #expect(HumanUnits.bytes(count) == expected)
    }

    @Test func countsAndDurations() {
        #expect([0, 999, 1000, 1_234_567].map(HumanUnits.count) == ["0", "999", "1,000", "1,234,567"])
        #expect(HumanUnits.duration(.seconds(59)) == "59 s")
        #expect(HumanUnits.duration(.seconds(65)) == "1 min 05 s")
        #expect(HumanUnits.duration(.seconds(3 * 3600 + 720)) == "3 h 12 min")
    }

    @Test func aLineIsOneJSONObjectWhateverTheKeyHolds() {
        let line = ErrorLine(error: .init(code: "noSuchKey", message: "no \"a\nb\"/c", bucket: "b", key: "a\nb"))
        let text = String(decoding: JSONLines.encode(line), as: UTF8.self)
        #expect(text == #"{"error":{"bucket":"b","code":"noSuchKey","key":"a\nb","message":"no \"a\nb\"/c"}}"# + "\n")
    }

    @Test func progressFitsItsWidthAndSaysHowFar() {
        var progress = Progress(title: "import", objectsTotal: 4000, bytesTotal: 8 << 20)
        progress.objects = 1000
        progress.bytes = 2 << 20
        for width in 1...200 {
            #expect(progress.line(elapsed: .seconds(2), width: width).count <= max(width, 0))
        }
        let line = progress.line(elapsed: .seconds(2), width: 120)
        #expect(line.contains("1,000/4,000"))
        #expect(line.contains("2.0 MiB  1.0 MiB/s  6 s left"))
        #expect(line.filter { $0 == "█" }.count * 4 == line.filter { $0 == "█" || $0 == "░" }.count)
    }

    @Test func progressOfEmptyFilesGoesByObjects() {
        let progress = Progress(title: "import", objects: 1, objectsTotal: 2, bytes: 0, bytesTotal: 0)
        #expect(progress.fraction == 0.5)
        #expect(Progress(title: "put").fraction == nil)
    }

    @Test func aTableHasStraightColumns() {
        var table = Table(("home", .left), ("objects", .right))
        table.add("tiny", "12,345")
        table.add("größer", "1")
        #expect(
            table.lines == [
                "  home    objects",
                "  ───────────────",
                "  tiny     12,345",
                "  größer        1",
            ])
    }
}
#endif
