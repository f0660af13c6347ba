/// What may become of a file that somebody else can write.
extension [UInt8] {
    /// Flips a bit, leaves out, adds, repeats or cuts off, as the input says.
    mutating func edit(_ input: inout FuzzInput) {
        guard !isEmpty else { return }
        let kind = input.byte() % 5
        let start = input.index(below: count)
        let end = Swift.min(count, start + 1 + input.index(below: 300))
        switch kind {
        case 0: self[start] ^= 1 << (input.byte() % 8)
        case 1: removeSubrange(start..<end)
        case 2: insert(contentsOf: input.bytes(atMost: end - start), at: start)
        case 3:
            let other = input.index(below: count)
            insert(contentsOf: Array(self[start..<end]), at: other)
        default: removeLast(count - start)
        }
    }

    mutating func store<Integer: FixedWidthInteger>(_ value: Integer, at offset: Int) {
        for index in 0..<Integer.bitWidth / 8 {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
    }

    mutating func append<Integer: FixedWidthInteger>(littleEndian value: Integer) {
        self += [UInt8](repeating: 0, count: Integer.bitWidth / 8)
        store(value, at: count - Integer.bitWidth / 8)
    }
}
