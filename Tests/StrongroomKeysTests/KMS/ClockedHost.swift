import StrongroomKeys
import StrongroomSystem
import Synchronization

/// A host whose wall clock is set by the test, and what its stores say of keys.
final class ClockedHost: KeyBackendHost {
    private static let startMilliseconds: Int64 = 1_700_000_000_000

    private let now = Mutex<Int64>(startMilliseconds)
    private let jumped = Mutex<Int64>(0)
    private let lines = Mutex<[String]>([])
    private let answer = Mutex(KeyDependencies.unknown("No store is open."))
    private let questions = Mutex(0)

    /// How often it was asked what hangs on a key.
    var questionCount: Int { questions.withLock { $0 } }

    var logged: [String] { lines.withLock { $0 } }

    func say(_ dependencies: KeyDependencies) { answer.withLock { $0 = dependencies } }

    func pass(days: Double) { now.withLock { $0 += Int64(days * 86_400_000) } }

    /// The wall clock is set, and no time has passed.
    func jump(days: Double) { jumped.withLock { $0 += Int64(days * 86_400_000) } }

    func wallMilliseconds() -> Int64 { now.withLock { $0 } + jumped.withLock { $0 } }
    /// Goes on by itself, and with the wall clock where that is not set.
    func bootNanoseconds() -> UInt64 {
        PosixClock().bootNanoseconds() + UInt64(now.withLock { $0 } - Self.startMilliseconds) * 1_000_000
    }
    func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError) { SystemRandom().fill(&buffer) }
    func log(_ level: KeyBackendLogLevel, _ message: String) { lines.withLock { $0.append(message) } }
    func dependencies(on keyID: String, version: String?) async -> KeyDependencies {
        questions.withLock { $0 += 1 }
        return answer.withLock { $0 }
    }
    func appendAudit(_ record: [UInt8]) async throws(KeyBackendError) {}
}
