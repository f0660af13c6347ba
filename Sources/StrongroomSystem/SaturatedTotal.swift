extension Sequence {
    /// What `amount` is for all together, or the largest number where that is larger: of numbers that may be anybody's.
    package func saturatedTotal(_ amount: (Element) -> UInt64) -> UInt64 {
        reduce(0) { total, element in
            let (sum, isOverflown) = total.addingReportingOverflow(amount(element))
            return isOverflown ? .max : sum
        }
    }
}
