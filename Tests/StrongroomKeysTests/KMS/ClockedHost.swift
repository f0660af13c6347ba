import StrongroomKeys
import StrongroomSystem
import Synchronization

/// A host whose wall clock is set by the test, and what its stores say of keys.
final class ClockedHost: KeyBackendHost {
    private let now = Mutex<Int64>(1_700_000_000_000)
    private let lines = Mutex<[String]>([])
    private let answer = Mutex(KeyDependencies.unknown("No store is open."))

    var logged: [String] { lines.withLock { $0 } }

    func say(_ dependencies: KeyDependencies) { answer.withLock { $0 = dependencies } }

    func pass(days: Double) { now.withLock { $0 += Int64(days * 86_400_000) } }

    func wallMilliseconds() -> Int64 { now.withLock { $0 } }
    func bootNanoseconds() -> UInt64 { PosixClock().bootNanoseconds() }
    func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError) { SystemRandom().fill(&buffer) }
    func log(_ level: KeyBackendLogLevel, _ message: String) { lines.withLock { $0.append(message) } }
    func dependencies(on keyID: String, version: String?) async -> KeyDependencies { answer.withLock { $0 } }
    func appendAudit(_ record: [UInt8]) async throws(KeyBackendError) {}
}
