internal import StrongroomCrypto

/// What an object's row says of its parts: enough to tell whether the rows found are all of them, in their order and
/// each in its last attempt. An upload that is not complete has the empty table.
///
///     rangeCount u16 | ranges: first number u16, last number u16 | SHA-256 over the entries (32)
///     entry   number u16 | part uid (16) | plaintext size u64 | stored size u64 | part MAC (32, zero in mode none)
///
/// The numbers stand here because a part may have been committed just before the completion that did not name it: its
/// row is no part of the object.
struct PartTable: Equatable, Sendable {
    private static let hashBytes = 32

    /// Ascending, none touching the next.
    let numbers: [ClosedRange<Int>]
    let hash: [UInt8]

    /// Of an upload.
    static let pending = PartTable(numbers: [], hash: [UInt8](repeating: 0, count: hashBytes))

    private init(numbers: [ClosedRange<Int>], hash: [UInt8]) {
        self.numbers = numbers
        self.hash = hash
    }

    /// - Parameter parts: in ascending order of their numbers.
    init(_ parts: [(number: Int, row: PartRow)]) throws(SealError) {
        var entries: [UInt8] = []
        entries.reserveCapacity(parts.count * 66)
        var ranges: [ClosedRange<Int>] = []
        for (number, row) in parts {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
            Self.append(UInt16(number), to: &entries)
            entries += row.partUID
            Self.append(row.sizeBytes, to: &entries)
            Self.append(row.storedBytes, to: &entries)
            entries += row.partMAC.isEmpty ? [UInt8](repeating: 0, count: ObjectRow.macBytes) : row.partMAC
        }
        numbers = ranges
        // Safe: a UInt8 is raw bytes.
        hash = try Digest.hash(.sha256, unsafe entries.span.bytes)
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        // Safe: the integer's own bytes.
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    var count: Int { numbers.reduce(0) { $0 + $1.count } }

    func contains(_ number: Int) -> Bool { numbers.contains { $0.contains(number) } }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        Self.append(UInt16(numbers.count), to: &bytes)
        for range in numbers {
            Self.append(UInt16(range.lowerBound), to: &bytes)
            Self.append(UInt16(range.upperBound), to: &bytes)
        }
        return bytes + hash
    }

    init(decoding bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        var rest = bytes
        func next() throws(FieldReader.Malformed) -> Int {
            guard let low = rest.popFirst(), let high = rest.popFirst() else {
                throw .init(reason: "the part table is cut off")
            }
            return Int(low) | Int(high) << 8
        }
        var numbers: [ClosedRange<Int>] = []
        for _ in 0..<(try next()) {
            let (first, last) = (try next(), try next())
            guard first <= last, first > (numbers.last?.upperBound ?? -1) + 1 else {
                throw .init(reason: "the part table's numbers are out of order")
            }
            numbers.append(first...last)
        }
        guard rest.count == Self.hashBytes else { throw .init(reason: "the part table has no hash") }
        self.numbers = numbers
        hash = Array(rest)
    }
}
