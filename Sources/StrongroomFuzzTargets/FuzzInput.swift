internal import StrongroomSystem

/// Takes decisions and bytes from the front of a fuzzer's input; zeros when it has run out.
struct FuzzInput {
    private let bytes: [UInt8]
    private var position = 0

    init(_ input: RawSpan) {
        // Safe: copies the bytes while the span lives.
        bytes = unsafe input.withUnsafeBytes { unsafe Array($0) }
    }

    /// Of a part of another input.
    init(copying bytes: [UInt8]) { self.bytes = bytes }

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

    /// What is left, with zeros behind it: a short input fills a long field.
    mutating func rest(paddedTo count: Int) -> [UInt8] {
        let rest = bytes(atMost: count)
        return rest + [UInt8](repeating: 0, count: count - rest.count)
    }
}

/// What the code under test promised does not hold.
func finding(_ what: String) -> Never {
    fatalError(what)
}

/// As most formats have it behind what it covers.
func checksum(_ bytes: ArraySlice<UInt8>, continuing seed: UInt32 = 0) -> UInt32 {
    // Safe: a UInt8 is raw bytes.
    CRC32C.checksum(unsafe bytes.span.bytes, continuing: seed)
}
