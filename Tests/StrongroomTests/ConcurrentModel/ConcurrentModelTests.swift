import Foundation
import StrongroomTestSupport
import Testing

/// Tasks that do everything at once to one store, held against a plain model in the order of the commits.
///
/// `make model OPERATIONS=1000000` does as many; `SEED` chooses others. A seed stands for the choices, not for how the
/// tasks meet: a disagreement may need several runs to come again.
@Suite("Concurrent model")
struct ConcurrentModelTests {
    @Test("Whatever tasks do at once is what they would have done one by one, in the order of the commits")
    func agrees() async throws {
        let operations = TestSettings.number("STRONGROOM_MODEL_OPERATIONS").map { Int($0) }
        let seed = TestSettings.number("STRONGROOM_MODEL_SEED") ?? UInt64.random(in: 1...1 << 32)
        let perStore = min(operations ?? Self.smallOperations, Self.operationsPerStore)
        var done = 0
        var counts: [String: Int] = [:]
        // Each store has a seed of its own, which alone brings its choices back.
        var own = seed
        repeat {
            do {
                var run = try ConcurrentModelRun(seed: own)
                try await run.run(lives: Self.lives, operations: perStore / Self.lives)
                counts.merge(run.counts, uniquingKeysWith: +)
            } catch {
                // A key's zero byte would end the message where it is printed.
                Issue.record("seed \(own): \("\(error)".replacing("\0", with: "\\0"))")
                return
            }
            done = counts.values.reduce(0, +)
            if operations != nil { Self.report("\(done) operations agree, seed \(own)") }
            own += 1
        } while done < operations ?? 0
        guard operations != nil else { return }
        for (kind, count) in counts.sorted(by: { $0.key < $1.key }) { Self.report("\(kind): \(count)") }
    }

    /// At once, for whoever waits: standard output comes when its buffer is full.
    private static func report(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }

    private static let smallOperations = 10_000
    private static let operationsPerStore = 20_000
    private static let lives = 8
}
