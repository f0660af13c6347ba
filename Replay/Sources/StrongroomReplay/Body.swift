import ReplayDisk

/// What is put: bytes that a number decides, and what is remembered of them.
struct Body: Codable, Hashable, Sendable {
    var sizeBytes: Int
    var digest: UInt64
    var tags: [String: String] = [:]

    init(of bytes: [UInt8], tags: [String: String] = [:]) {
        sizeBytes = bytes.count
        digest = Self.digest(bytes)
        self.tags = tags
    }

    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = generator.next()
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift)))) }
        }
        return Array(bytes.prefix(count))
    }

    /// FNV-1a: what is torn or mixed up is not equal by chance.
    private static func digest(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
