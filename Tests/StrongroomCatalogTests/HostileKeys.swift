/// A generator whose run is a function of its seed (SplitMix64, Steele, Lea and Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

/// Keys that the chunk trie could get wrong: runs of 0x00 and 0xFF, prefixes of each other around
/// every boundary of pieces, shared prefixes of 399, 400 and 401 bytes, the longest there may be.
struct HostileKeys {
    private var generator: SeededGenerator
    private let pool: [[UInt8]]

    /// - Parameter poolSize: how many different keys there are at most; few make overwrites and deletes likely.
    init(seed: UInt64, poolSize: Int) {
        var generator = SeededGenerator(seed: seed)
        pool = (0..<poolSize).map { _ in Self.make(&generator) }
        self.generator = generator
    }

    var all: [[UInt8]] { pool }

    mutating func next() -> [UInt8] { pool[Int.random(in: 0..<pool.count, using: &generator)] }

    static let boundaries = [
        1, 2, 198, 199, 200, 201, 398, 399, 400, 401, 402, 599, 600, 601, 798, 799, 800, 801, 1_199, 1_200, 1_201,
        1_998, 2_000, 2_047, 2_048, 2_303, 2_304,
    ]

    private static func make(_ generator: inout SeededGenerator) -> [UInt8] {
        let count = boundaries[Int.random(in: 0..<boundaries.count, using: &generator)]
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return [UInt8](repeating: 0, count: count)
        case 1: return [UInt8](repeating: 0xFF, count: count)
        case 2: return [UInt8](repeating: UInt8(ascii: "a"), count: count)
        case 3: return generator.bytes(count)
        case 4: return generator.bytes(Int.random(in: 1...40, using: &generator))
        case 5:
            // The bytes that the encoding itself uses.
            let alphabet: [UInt8] = [0x00, 0x01, 0x02, 0x03, 0xFE, 0xFF]
            return (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
        case 6:
            let prefix = [UInt8](repeating: UInt8(ascii: "p"), count: Int.random(in: 397...401, using: &generator))
            return prefix + generator.bytes(Int.random(in: 0...3, using: &generator))
        default:
            // Zeros at the boundary, where one written as two bytes no longer fits.
            let prefix = [UInt8](repeating: UInt8(ascii: "z"), count: Int.random(in: 396...400, using: &generator))
            let zeros = [UInt8](repeating: 0, count: Int.random(in: 0...4, using: &generator))
            return prefix + zeros + generator.bytes(Int.random(in: 0...2, using: &generator))
        }
    }
}
