package import StrongroomSystem
internal import Synchronization

/// A source of bytes that a seed decides, so that a simulated run is a pure function of its seed.
///
/// Whoever knows the seed knows every key drawn from it. So it works for simulated disks only, and
/// traps when it is made for a real one.
package final class SeededRandom: RandomSource {
    private let generator: Mutex<SeededGenerator>

    package init(seed: UInt64, for fileSystem: any FileSystem) {
        precondition(fileSystem is SimulatedFileSystem, "seeded keys are for simulated disks only")
        generator = Mutex(SeededGenerator(seed: seed))
    }

    package func fill(_ buffer: inout MutableRawSpan) {
        var bytes: [UInt8] = []
        generator.withLock { generator in
            bytes = (0..<buffer.byteCount).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 32) }
        }
        for (index, byte) in bytes.enumerated() { buffer.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to choose faults.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True with the probability `numerator / denominator`.
    package mutating func chance(_ numerator: UInt64, in denominator: UInt64) -> Bool {
        next(upperBound: denominator) < numerator
    }
}
