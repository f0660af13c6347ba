#if CommandLineTool
import Strongroom
import Testing

@testable import StrongroomCommandLine

@Suite("Export plan")
struct ExportPlanTests {
    private func plan(_ keys: [String], prefix: String = "", sizeBytes: UInt64 = 1) throws -> ExportPlan {
        var plan = ExportPlan()
        for key in keys { plan.add(try ObjectKey(key), prefix: prefix, sizeBytes: sizeBytes) }
        plan.check()
        return plan
    }

    @Test("the prefix is taken off: import to it and export from it are each other's inverse")
    func prefix() throws {
        #expect(try plan(["p/a", "p/b/c"], prefix: "p/").files.map(\.name.path) == ["a", "b/c"])
    }

    @Test(
        "one key may not be a file and another's directory, wherever they stand in the listing",
        arguments: [
            (["a", "a/b"], ["a/b"]), (["a!", "a/b/c", "a/b"], ["a/b/c"]), (["x/y/z", "x"], ["x/y/z"]),
        ])
    func fileAndDirectory(keys: [String], refused: [String]) throws {
        let plan = try plan(keys)
        #expect(plan.refused.map(\.key.rawValue) == refused)
        #expect(plan.refused.allSatisfy { $0.failure.code == .unsafeFileName })
        #expect(plan.files.map(\.key.rawValue) == keys.filter { !refused.contains($0) })
        #expect(plan.totalBytes == UInt64(plan.files.count))
    }

    @Test("names that only begin alike stand side by side")
    func alike() throws {
        #expect(try plan(["a", "a!", "ab/c", "b"]).files.count == 4)
        // Canonically equivalent, and different bytes: two keys, two files.
        #expect(try plan(["\u{E9}", "e\u{301}/x"]).files.count == 2)
    }

    @Test("a hostile key is refused, and keeps no other out")
    func hostile() throws {
        let plan = try plan(["ok", "../no"])
        #expect(plan.files.map(\.key.rawValue) == ["ok"] && plan.refused.map(\.key.rawValue) == ["../no"])
        // Below the prefix nothing is left to be a name.
        #expect(try self.plan(["p/"], prefix: "p/").refused.count == 1)
    }

    @Test("a folder's object stands beside what is in the folder, and not beside a file of its name")
    func folders() throws {
        #expect(try plan(["a/", "b"], sizeBytes: 0).refused.isEmpty)
        #expect(try plan(["a", "a/"], sizeBytes: 0).refused.map(\.key.rawValue) == ["a/"])
        #expect(try plan(["p/", "p/a"], prefix: "p/", sizeBytes: 0).files.count == 2)
    }

    @Test("whether there is anything at all")
    func empty() throws {
        #expect(try plan([]).isEmpty)
        #expect(try !plan(["a"]).isEmpty)
        #expect(try !plan(["../no"]).isEmpty)
    }
}
#endif
