/// Expands a zlib stream (RFC 1950, 1951), which some published vectors are packed in. For tests alone:
/// it traps on malformed input.
func inflate(zlib bytes: [UInt8]) -> [UInt8] {
    var inflater = Inflater(input: bytes.dropFirst(2))
    inflater.run()
    let checksum = inflater.output.reduce(into: (a: UInt32(1), b: UInt32(0))) { sums, byte in
        sums.a = (sums.a + UInt32(byte)) % 65521
        sums.b = (sums.b + sums.a) % 65521
    }
    let expected = bytes.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    precondition(checksum.b << 16 | checksum.a == expected, "the zlib stream is damaged")
    return inflater.output
}

private struct Inflater {
    var input: ArraySlice<UInt8>
    var output: [UInt8] = []
    private var held: UInt32 = 0
    private var heldCount = 0

    init(input: ArraySlice<UInt8>) {
        self.input = input
    }

    /// Canonical Huffman code: how many codes there are of each length, and the symbols in their order.
    struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(lengths: some Collection<Int>) {
            for length in lengths where length > 0 { counts[length] += 1 }
            for length in 1..<16 {
                symbols += lengths.enumerated().filter { $0.element == length }.map(\.offset)
            }
        }

        static let fixedLiterals = Code(
            lengths: [(144, 8), (112, 9), (24, 7), (8, 8)].flatMap { [Int](repeating: $0.1, count: $0.0) })
        static let fixedDistances = Code(lengths: [Int](repeating: 5, count: 30))
    }

    mutating func run() {
        var isLast = false
        while !isLast {
            isLast = bits(1) == 1
            switch bits(2) {
            case 0: stored()
            case 1: compressed(.fixedLiterals, .fixedDistances)
            case 2: dynamic()
            default: preconditionFailure("unknown block")
            }
        }
    }

    private mutating func bits(_ count: Int) -> Int {
        while heldCount < count {
            held |= UInt32(input.removeFirst()) << heldCount
            heldCount += 8
        }
        defer {
            held >>= count
            heldCount -= count
        }
        return Int(held & ((1 << count) - 1))
    }

    private mutating func symbol(_ code: Code) -> Int {
        var value = 0
        var first = 0
        var index = 0
        for length in 1..<16 {
            value |= bits(1)
            let count = code.counts[length]
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        preconditionFailure("no such code")
    }

    private mutating func stored() {
        held = 0
        heldCount = 0
        let count = bits(16)
        _ = bits(16)
        output += input.prefix(count)
        input = input.dropFirst(count)
    }

    private mutating func dynamic() {
        let literalCount = bits(5) + 257
        let distanceCount = bits(5) + 1
        var lengths = [Int](repeating: 0, count: 19)
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        for position in order.prefix(bits(4) + 4) { lengths[position] = bits(3) }
        let code = Code(lengths: lengths)
        var all: [Int] = []
        while all.count < literalCount + distanceCount {
            switch symbol(code) {
            case 16: all += [Int](repeating: all[all.count - 1], count: bits(2) + 3)
            case 17: all += [Int](repeating: 0, count: bits(3) + 3)
            case 18: all += [Int](repeating: 0, count: bits(7) + 11)
            case let length: all.append(length)
            }
        }
        compressed(Code(lengths: all.prefix(literalCount)), Code(lengths: Array(all.dropFirst(literalCount))))
    }

    private mutating func compressed(_ literals: Code, _ distances: Code) {
        while true {
            let literal = symbol(literals)
            if literal < 256 {
                output.append(UInt8(literal))
                continue
            }
            if literal == 256 { return }
            let length = extended(literal - 257, group: 4, last: 28, lastValue: 258, base: 3)
            let distance = extended(symbol(distances), group: 2, last: 30, lastValue: 0, base: 1)
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    /// Lengths and distances both grow in groups, each with one more extra bit than the one before.
    private mutating func extended(_ index: Int, group: Int, last: Int, lastValue: Int, base: Int) -> Int {
        if index == last { return lastValue }
        if index < 2 * group { return base + index }
        let extraBits = index / group - 1
        return base + ((group + index % group) << extraBits) + bits(extraBits)
    }
}
