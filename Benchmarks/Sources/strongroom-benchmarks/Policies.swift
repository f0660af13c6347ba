import ArgumentParser
import StrongroomFuzzTargets

/// Policies at the limit of their size with patterns that ask for as much work as they can, read and decided on.
/// The slowest kind is what whoever may write a policy can make each request cost.
struct Policies: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Hostile policies, read and decided on.")

    @Option(help: "Rounds measured of each kind.") var rounds: Int = 200

    func run() {
        let clock = ContinuousClock()
        for kind in _PolicyBenchmark.kinds {
            let document = _PolicyBenchmark.document(kind)
            var took: [Double] = []
            var isAllowed = false
            for _ in 0..<rounds {
                let start = clock.now
                isAllowed = _PolicyBenchmark.parseAndDecide(document)
                took.append(start.duration(to: clock.now) / .milliseconds(1))
            }
            let (middle, longest) = (pad(median(took), 0, decimals: 2), pad(took.max() ?? 0, 0, decimals: 2))
            print(
                "\(kind): \(document.count) bytes in \(middle) ms, at most \(longest) ms\(isAllowed ? ", allowed" : "")"
            )
        }
    }
}
