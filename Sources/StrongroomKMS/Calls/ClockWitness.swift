internal import StrongroomKeys

/// How far the wall clock is borne out by the one that has run since the service was opened.
///
/// A wall clock can be set, or jump with a fault; what is destroyed by it is gone. The other clock goes on by itself,
/// also while the machine sleeps, but not while a virtual machine is paused.
struct ClockWitness: Sendable {
    /// How far the two may be apart: clocks drift, and are corrected.
    static let toleranceMilliseconds: Int64 = 3_600_000

    private let wallMilliseconds: Int64
    private let bootNanoseconds: UInt64

    init(_ host: any KeyBackendHost) {
        (wallMilliseconds, bootNanoseconds) = (host.wallMilliseconds(), host.bootNanoseconds())
    }

    /// The time by which what cannot be undone is done: the wall clock's, but no later than has passed for certain.
    func sureMilliseconds(_ host: any KeyBackendHost) -> Int64 {
        // A host whose clock went back has let no time pass.
        let boot = max(host.bootNanoseconds(), bootNanoseconds)
        let passed = Int64(clamping: (boot - bootNanoseconds) / 1_000_000)
        let latest = wallMilliseconds.addingReportingOverflow(passed + Self.toleranceMilliseconds)
        return min(host.wallMilliseconds(), latest.overflow ? .max : latest.partialValue)
    }
}
