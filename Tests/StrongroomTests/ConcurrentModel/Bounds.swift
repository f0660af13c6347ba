/// The greatest LSN of those that came before a mark.
struct Bounds {
    private let marks: [Int]
    private let greatest: [UInt64]
    private let least: UInt64

    init(_ commits: [(mark: Int, lsn: UInt64)], least: UInt64) {
        let sorted = commits.sorted { $0.mark < $1.mark }
        marks = sorted.map(\.mark)
        greatest = sorted.reduce(into: []) { $0.append(max($0.last ?? least, $1.lsn)) }
        self.least = least
    }

    func lsn(before mark: Int) -> UInt64 {
        var (lower, upper) = (0, marks.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if marks[middle] < mark { lower = middle + 1 } else { upper = middle }
        }
        return lower == 0 ? least : greatest[lower - 1]
    }
}
