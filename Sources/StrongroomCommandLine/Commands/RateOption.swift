#if CommandLineTool
internal import ArgumentParser

/// How fast work on a store may go: no faster than it can, and not so slowly that it stands.
enum RateOption {
    static func check(_ rate: Int?, _ option: String, to limit: Int = 1_000_000) throws {
        guard let rate, !(1...limit).contains(rate) else { return }
        throw ValidationError("\(option) may be 1 to \(limit), and not \(rate).")
    }
}
#endif
