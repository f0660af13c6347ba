/// A number for a set of sums, by which two sets are told apart however large they are: each name's hash times its
/// amounts, added up. Hashes are seeded anew in every process, so no two sets are alike but by an accident of 1 in 2⁶⁴.
struct RowSumFingerprint: Equatable {
    private var value = SIMD4<UInt64>.zero

    mutating func add(_ name: [UInt8], _ amounts: RowAmounts) {
        var hasher = Hasher()
        hasher.combine(name)
        // Odd, so that no amount vanishes.
        let factor = UInt64(truncatingIfNeeded: hasher.finalize()) | 1
        value &+= SIMD4<UInt64>(truncatingIfNeeded: amounts) &* SIMD4(repeating: factor)
    }

    mutating func add(_ tally: RowTally) {
        for (name, amounts) in tally.amounts { add(name, amounts) }
    }
}
