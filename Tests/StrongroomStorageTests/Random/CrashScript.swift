import StrongroomSimulation
import StrongroomTestSupport

/// A random run as a list: the steps of several writers, checkpoints beside them, and power failures. The list is a
/// pure function of the seed, and can be run again without some of its steps.
struct CrashScript: Sendable {
    static let writerCount = 4

    struct Step: Sendable {
        /// Its place in the whole script, by which it is named.
        let number: Int
        let action: Action
    }

    enum Action: Sendable {
        case work(WorkloadStep, writer: Int)
        case checkpoint
        /// Ends a life of the store.
        case crash(Crash)
    }

    struct Crash: Sendable {
        /// Power fails before this change of the disk, or after the last step of the life.
        let mutationsBefore: Int
        let openingSeed: UInt64
        let diskSeed: UInt64
        let recoverySeed: UInt64
    }

    let seed: UInt64
    let crashes: Int
    let operationsPerLife: Int
    /// Whether the disk's syncs do nothing, from the first opening on.
    var lies = false
    /// Whether one writer does it all, step by step: then the run depends on no scheduling.
    var isInTurn = false
    private(set) var steps: [Step] = []

    init(seed: UInt64, crashes: Int, operationsPerLife: Int, lies: Bool = false) {
        (self.seed, self.crashes, self.operationsPerLife) = (seed, crashes, operationsPerLife)
        self.lies = lies
        var generator = SeededGenerator(seed: seed)
        var actions: [Action] = []
        for life in 0..<UInt64(crashes) {
            let mutations = Int.random(in: 1..<operationsPerLife * 3, using: &generator)
            let seed = generator.next()
            var writers = (0..<UInt64(Self.writerCount)).map { RandomSteps(seed: seed &+ $0) }
            for number in 0..<operationsPerLife {
                let writer = number % Self.writerCount
                actions.append(.work(writers[writer].next(), writer: writer))
                if number % 50 == 49 { actions.append(.checkpoint) }
            }
            actions.append(
                .crash(
                    Crash(
                        mutationsBefore: mutations, openingSeed: self.seed &* 1000 &+ life,
                        diskSeed: generator.next(), recoverySeed: generator.next())))
        }
        steps = actions.enumerated().map { Step(number: $0, action: $1) }
    }

    /// The same script, with these of its steps.
    func keeping(_ steps: [Step]) -> CrashScript {
        var script = self
        script.steps = steps
        return script
    }

    /// As a failure's message names them.
    func keeping(numbers: Set<Int>) -> CrashScript { keeping(steps.filter { numbers.contains($0.number) }) }

    /// What is done in each life, and how it ends. What comes after the last crash is not done.
    var lives: [(steps: [Action], crash: Crash)] {
        var lives: [(steps: [Action], crash: Crash)] = []
        var life: [Action] = []
        for step in steps {
            if case .crash(let crash) = step.action {
                lives.append((life, crash))
                life = []
            } else {
                life.append(step.action)
            }
        }
        return lives
    }
}

extension CrashScript.Step: CustomStringConvertible {
    var description: String {
        switch action {
        case .work(let step, let writer): "\(number): writer \(writer): \(step)"
        case .checkpoint: "\(number): checkpoint"
        case .crash(let crash):
            "\(number): power fails, at the latest before change \(crash.mutationsBefore) of the disk"
        }
    }
}
