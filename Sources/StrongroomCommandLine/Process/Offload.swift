#if CommandLineTool
internal import StrongroomSystem

/// Where blocking work on the user's files runs: apart from Swift's cooperative pool, whose few threads must never wait
/// for a disk.
enum Offload {
    /// Two do not saturate a fast disk, and many only wait for each other.
    private static let threadCount = 4
    private static let pool = IOThreadPool(threadCount: threadCount, name: "strongroom-file")

    static func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(CommandFailure) -> Value
    ) async throws(CommandFailure) -> Value {
        let surroundings = Surroundings.current
        return try await pool.run { () throws(CommandFailure) in
            try Surroundings.$current.withValue(surroundings) { Result(catching: work) }.get()
        }
    }
}
#endif
