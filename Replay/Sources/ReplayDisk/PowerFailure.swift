/// Which of the changes that no sync has made durable survive a power failure.
package struct PowerFailure: Sendable, CustomStringConvertible {
    private enum Survivors {
        /// A device that had written nothing of its own accord.
        case nothing
        /// A process that was killed.
        case everything
        /// A device that writes in order: what came before a change.
        case prefix(count: Int)
        /// Each change by itself, so many eighths of them, and writes torn into sectors.
        case scattered(eighths: UInt64)
    }

    /// What a write leaves.
    enum WriteShape { case whole, none, sectors(sectorBytes: Int, kept: SectorChoice) }
    enum SectorChoice { case first, last, any }

    private let survivors: Survivors
    /// What lies where a file grew by a write that is lost; nil for zeros.
    let garbage: UInt8?
    var generator: SeededGenerator

    /// `unsynced` are the numbers of the changes that may be lost.
    package init(seed: UInt64, unsynced: [Int]) {
        generator = SeededGenerator(seed: seed)
        garbage = generator.chance(1, in: 2) ? UInt8.random(in: 1...255, using: &generator) : nil
        switch generator.next(upperBound: 8 as UInt64) {
        case 0: survivors = .nothing
        case 1: survivors = .everything
        case 2, 3: survivors = .prefix(count: unsynced.randomElement(using: &generator) ?? 0)
        default: survivors = .scattered(eighths: [1, 4, 7].randomElement(using: &generator)!)
        }
    }

    private init(_ survivors: Survivors) {
        self.survivors = survivors
        garbage = nil
        generator = SeededGenerator(seed: 0)
    }

    /// None: what the process itself sees.
    package static let none = PowerFailure(.everything)

    package var description: String {
        switch survivors {
        case .nothing: "nothing unsynced survives"
        case .everything: "everything survives"
        case .prefix(let count): "what came before call \(count) survives"
        case .scattered(let eighths): "\(eighths)/8 survive, torn"
        }
    }

    /// Whether a change survives that is there or not.
    mutating func keeps(_ number: Int) -> Bool {
        switch survivors {
        case .nothing: false
        case .everything: true
        case .prefix(let count): number < count
        case .scattered(let eighths): generator.chance(eighths, in: 8)
        }
    }

    mutating func shape(ofWrite number: Int) -> WriteShape {
        guard case .scattered = survivors else { return keeps(number) ? .whole : .none }
        if generator.chance(1, in: 2) { return keeps(number) ? .whole : .none }
        let kept = [SectorChoice.first, .last, .any].randomElement(using: &generator)!
        return .sectors(sectorBytes: generator.chance(1, in: 2) ? 512 : 4_096, kept: kept)
    }

    /// Which of the sizes survives that a file had since its last sync.
    mutating func size(of sizes: [(number: Int, sizeBytes: Int)], durable: Int) -> Int {
        switch survivors {
        case .nothing: durable
        case .everything: sizes.last?.sizeBytes ?? durable
        case .prefix(let count): sizes.last { $0.number < count }?.sizeBytes ?? durable
        case .scattered: (sizes.map(\.sizeBytes) + [durable]).randomElement(using: &generator)!
        }
    }
}
