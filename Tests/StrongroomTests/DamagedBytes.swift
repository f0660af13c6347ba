import StrongroomSimulation

extension SeededGenerator {
    /// The same bytes with one change: cut off, one more, one less, or a bit flipped.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let position = Int.random(in: bytes.indices, using: &self)
        switch Int.random(in: 0..<4, using: &self) {
        case 0: bytes.removeLast(bytes.count - position)
        case 1: bytes.insert(.random(in: 0...20, using: &self), at: position)
        case 2: bytes.remove(at: position)
        default: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self)
        }
        return bytes
    }
}
