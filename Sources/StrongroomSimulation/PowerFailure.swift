/// One of the ways in which power fails at a moment.
package struct PowerFailure: Sendable, CustomStringConvertible {
    private enum Survivors {
        case changes(mask: UInt64)
        case torn(seed: UInt64)
    }

    /// Of up to so many changes that no sync has made durable, each subset is a way; of more, as many subsets.
    private static let exhaustiveCount = 8
    /// Ways in which writes are torn, besides.
    private static let tornCount: UInt64 = 24

    private let survivors: Survivors

    package var description: String {
        switch survivors {
        case .changes(let mask): "surviving changes \(String(mask, radix: 2))"
        case .torn(let seed): "torn by seed \(seed)"
        }
    }

    /// Any one of those of a moment.
    package init(drawnFrom generator: inout SeededGenerator) { self.init(survivingChanges: generator.next()) }

    /// The one that those changes survive, by number, whose bit is set.
    package init(survivingChanges mask: UInt64) { survivors = .changes(mask: mask) }

    private init(_ survivors: Survivors) { self.survivors = survivors }

    /// Those of `moment`; the seed decides which subsets, where not all are taken.
    static func all(of moment: SimulatedMoment, seed: UInt64) -> [PowerFailure] {
        let count = moment.unsyncedCount
        let subsets: [UInt64]
        if count <= exhaustiveCount {
            subsets = Array(0..<(1 << UInt64(count)))
        } else {
            var generator = SeededGenerator(seed: seed)
            subsets = [0, .max] + (2..<(1 << exhaustiveCount)).map { _ in generator.next() }
        }
        let torn = count == 0 ? [] : (0..<tornCount).map { PowerFailure(.torn(seed: $0)) }
        return subsets.map { PowerFailure(.changes(mask: $0)) } + torn
    }

    /// The disk that is found; nil where no file system leaves such a one.
    package func disk(after moment: SimulatedMoment) -> SimulatedFileSystem? {
        switch survivors {
        case .torn(let seed): moment.surviving(seed: seed)
        case .changes(let mask):
            // Changes beyond the mask's bits share them: of more than 64 a subset is as good as another.
            moment.surviving(garbage: mask.nonzeroBitCount % 2 == 0 ? nil : 0xA5, seed: mask) { number in
                mask >> UInt64(number % 64) & 1 == 1
            }
        }
    }
}

extension SimulatedMoment {
    /// The ways in which power fails: those that every subset of up to 8 changes survives, or 256 subsets of more,
    /// which the seed decides; and 24 that tear writes.
    package func powerFailures(seed: UInt64) -> [PowerFailure] { PowerFailure.all(of: self, seed: seed) }
}
