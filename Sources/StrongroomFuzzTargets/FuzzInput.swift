/// Takes decisions and bytes from the front of a fuzzer's input; zeros when it has run out.
struct FuzzInput {
    private let bytes: [UInt8]
    private var position = 0

    init(_ input: RawSpan) {
        // Safe: copies the bytes while the span lives.
        bytes = unsafe input.withUnsafeBytes { unsafe Array($0) }
    }

    static func all(of input: RawSpan) -> [UInt8] { FuzzInput(input).bytes }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer {
        (0..<Integer.bitWidth / 8).reduce(0) { value, index in value | Integer(byte()) << (8 * index) }
    }

    /// An index below `bound`; 0 where that is 0.
    mutating func index(below bound: Int) -> Int {
        bound == 0 ? 0 : Int(integer(UInt32.self)) % bound
    }

    mutating func bytes(atMost count: Int) -> [UInt8] {
        let end = min(bytes.count, position + count)
        defer { position = end }
        return Array(bytes[position..<end])
    }

    mutating func rest() -> [UInt8] { bytes(atMost: bytes.count) }
}

/// What the code under test promised does not hold.
func finding(_ what: String) -> Never {
    preconditionFailure(what)
}
