#if CommandLineTool
internal import ArgumentParser

/// `--range` as HTTP writes it (RFC 9110, 14.1.2): `A-B` with both ends included, `A-` to the end, `-N` the last N.
enum ByteRangeArgument: ExpressibleByArgument, Equatable, Sendable {
    case from(UInt64, through: UInt64?)
    case last(UInt64)

    init?(argument: String) {
        let ends = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends.allSatisfy({ $0.allSatisfy(\.isWholeNumber) }) else { return nil }
        switch (ends[0].isEmpty, ends[1].isEmpty) {
        case (true, true): return nil
        case (true, false):
            guard let count = UInt64(ends[1]) else { return nil }
            self = .last(count)
        case (false, true):
            guard let first = UInt64(ends[0]) else { return nil }
            self = .from(first, through: nil)
        case (false, false):
            guard let first = UInt64(ends[0]), let last = UInt64(ends[1]), first <= last else { return nil }
            self = .from(first, through: last)
        }
    }

    /// The bytes that are asked for of an object of `size` bytes; nil when none of them exists.
    func resolved(size: UInt64) -> Range<UInt64>? {
        switch self {
        case .last(let count):
            return count == 0 || size == 0 ? nil : (size - min(count, size))..<size
        case .from(let first, let through):
            guard first < size else { return nil }
            let last = min(through ?? size - 1, size - 1)
            return first..<(last + 1)
        }
    }
}
#endif
