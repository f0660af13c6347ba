#if CommandLineTool
import Foundation
import Strongroom
import SystemPackage
import Testing

/// The change feed as scripts read it, and as a process reads it that is killed.
@Suite("Command line: changes")
struct ChangesCommandTests {
    private func fill(_ strongroom: borrowing Strongroom, _ keys: Range<Int>) async throws {
        let store = try await Store.open(at: FilePath(strongroom.store.path))
        let bucket = store.bucket("log")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in keys where number % 8 == task { try await bucket.put(ObjectKey("k\(number)"), []) }
                }
            }
            try await group.waitForAll()
        }
        try await store.close()
    }

    private static func positions(_ lines: [[String: Any]]) -> [String] {
        lines.compactMap { $0["position"] as? String }
    }
    private static func keys(_ lines: [[String: Any]]) -> [String] { lines.compactMap { $0["key"] as? String } }

    @Test("a consumer is told what came since, each change once; positions, limits and consumers are as they are asked")
    func changes() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("changes").status == 64)
        #expect(try strongroom("changes", "--consumer", "index", "--json").lines.isEmpty)
        #expect(try strongroom("bucket", "create", "log").status == 0)
        #expect(try strongroom("put", "-", "log/a", input: Data([1])).status == 0)
        #expect(try strongroom("put", "-", "log/b", input: Data([2])).status == 0)
        #expect(try strongroom("delete", "log/a").status == 0)

        let first = try strongroom("changes", "--consumer", "index", "--limit", "2", "--json").lines
        #expect(first.map { $0["event"] as? String } == ["bucketCreated", "objectStored"])
        let second = try strongroom("changes", "--consumer", "index", "--json").lines
        #expect(second.map { $0["event"] as? String } == ["objectStored", "versionRemoved"])
        #expect(Self.keys(second) == ["b", "a"])
        #expect(try strongroom("changes", "--consumer", "index").output == "")
        let again = try strongroom("changes", "--after", try #require(Self.positions(first).first), "--json").lines
        #expect(Self.positions(again) == Self.positions(first).dropFirst() + Self.positions(second))
        #expect(
            try strongroom("changes", "--after", "nowhere", "--json").error?["code"] as? String == "invalidArgument")

        // The story: where the consumer was there already, `--after` was passed over in silence.
        let start = try #require(Self.positions(first).first)
        let back = try strongroom("changes", "--consumer", "index", "--after", start, "--json")
        #expect(back.status == 1 && back.error?["code"] as? String == "consumerExists")
        #expect((back.error?["message"] as? String)?.contains(try #require(Self.positions(second).last)) == true)
        #expect(try strongroom("changes", "--consumer", "index").output == "")
        let new = try strongroom("changes", "--consumer", "new", "--after", start, "--json")
        #expect(Self.positions(new.lines) == Self.positions(again))
        #expect(try strongroom("consumer", "remove", "new").status == 0)
        #expect(try strongroom("consumer", "list", "--json").lines.map { $0["name"] as? String } == ["index"])
        #expect(try strongroom("consumer", "remove", "index").status == 0)
        #expect(try strongroom("consumer", "remove", "index", "--json").error?["code"] as? String == "notFound")
        #expect(try strongroom("consumer", "list").output == "")
    }

    /// Whoever reads a feed for a living is killed in the middle of it, again and again, while the store goes on.
    @Test("a consumer whose process is killed sees every change, in the order of the commits")
    func killed() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "log").status == 0)
        let before = try strongroom("changes", "--consumer", "start", "--json")
        #expect(before.status == 0)
        #expect(try strongroom("changes", "--consumer", "killed").status == 0)

        var seen: [[String: Any]] = []
        var killedInTheMiddle = 0
        let perRound = 300
        for round in 0..<8 {
            try await fill(strongroom, round * perRound..<(round + 1) * perRound)
            let process = try strongroom.start(["changes", "--consumer", "killed", "--json"])
            let wanted = Int.random(in: 1..<perRound)
            while process.isRunning, try strongroom.lineCount("stdout") < wanted { usleep(200) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let result = try strongroom.result(of: process)
            if result.status == -SIGKILL { killedInTheMiddle += 1 }
            let lsns = result.lines.compactMap { $0["lsn"] as? Int }
            #expect(lsns == Array(Set(lsns)).sorted(), "each once, in the order of the commits")
            seen += result.lines
        }
        let rest = try strongroom("changes", "--consumer", "killed", "--json")
        #expect(rest.status == 0)
        seen += rest.lines
        #expect(killedInTheMiddle > 0)

        let all = try strongroom("changes", "--consumer", "start", "--json").lines
        #expect(all.count == 8 * perRound)
        #expect(Set(Self.keys(all)).count == 8 * perRound)
        // What is seen again was not acknowledged; nothing is left out, and nothing is another thing the second time.
        var next = 0
        let order = Dictionary(uniqueKeysWithValues: Self.positions(all).enumerated().map { ($1, $0) })
        for line in seen {
            let position = try #require(line["position"] as? String)
            let index = try #require(order[position])
            #expect(index <= next, "a change was left out before \(position)")
            #expect(line["key"] as? String == all[index]["key"] as? String)
            next = max(next, index + 1)
        }
        #expect(next == all.count)
    }
}

extension Strongroom {
    fileprivate func lineCount(_ name: String) throws -> Int {
        try read(name).count { $0 == UInt8(ascii: "\n") }
    }
}
#endif
