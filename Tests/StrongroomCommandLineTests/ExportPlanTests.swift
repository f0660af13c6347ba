#if CommandLineTool
import Strongroom
import Testing

@testable import StrongroomCommandLine

@Suite("Export plan")
struct ExportPlanTests {
    private func plan(_ keys: [String], prefix: String = "") throws -> ExportPlan {
        var plan = ExportPlan()
        for key in keys { try plan.add(ObjectKey(key), prefix: prefix, sizeBytes: 1) }
        try plan.check()
        return plan
    }

    @Test("the prefix is taken off: import to it and export from it are each other's inverse")
    func prefix() throws {
        #expect(try plan(["p/a", "p/b/c"], prefix: "p/").files.map(\.name.path) == ["a", "b/c"])
    }

    @Test(
        "one key may not be a file and another's directory, wherever they stand in the listing",
        arguments: [["a", "a/b"], ["a!", "a/b/c", "a/b"], ["x/y/z", "x"]])
    func fileAndDirectory(keys: [String]) {
        let error = #expect(throws: CommandFailure.self) { try plan(keys) }
        #expect(error?.code == .unsafeFileName)
    }

    @Test("names that only begin alike stand side by side")
    func alike() throws {
        #expect(try plan(["a", "a!", "ab/c", "b"]).files.count == 4)
        // Canonically equivalent, and different bytes: two keys, two files.
        #expect(try plan(["\u{E9}", "e\u{301}/x"]).files.count == 2)
    }

    @Test("nothing is planned past a hostile key")
    func hostile() {
        #expect(throws: CommandFailure.self) { try plan(["ok", "../no"]) }
        // Below the prefix nothing is left to be a name.
        #expect(throws: CommandFailure.self) { try plan(["p/"], prefix: "p/") }
    }
}
#endif
