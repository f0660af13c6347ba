/// The value of a pointer row: the LSN of a version in table 0x03. It proves nothing; the row that it
/// leads to does, by its MAC and its version id.
///
///     version u8 = 1 | LSN u64, little-endian
struct VersionPointer: Equatable, Sendable {
    static let formatVersion: UInt8 = 1

    var lsn: UInt64

    func encoded() -> [UInt8] {
        [Self.formatVersion] + (0..<8).map { UInt8(truncatingIfNeeded: lsn >> (8 * $0)) }
    }

    init(lsn: UInt64) { self.lsn = lsn }

    /// Nil where the bytes are no pointer.
    init?(decoding value: [UInt8]) {
        guard value.count == 9, value[0] == Self.formatVersion else { return nil }
        lsn = value.dropFirst().reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
