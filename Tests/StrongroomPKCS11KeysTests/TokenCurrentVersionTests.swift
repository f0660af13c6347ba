import Synchronization
import Testing

@testable import StrongroomKeys
@testable import StrongroomPKCS11Keys

/// Which version wraps, where one thread looks while another rotates.
@Suite struct TokenCurrentVersionTests {
    private static let label = "strongroom/default"
    private let host = PausedHost()
    private let token: TestToken
    private let keys: TokenKeys

    init() throws {
        token = try TestToken()
        keys = TokenKeys(try token.direct(), prefix: "strongroom/", host: host)
        #expect(try keys.create(Self.label))
    }

    /// Wherever the time is taken, at the look before or after it.
    @Test func aRotationDuringALookIsNotForgotten() throws {
        host.pause { [keys] in #expect(throws: Never.self) { try keys.rotate(Self.label, from: nil) } }
        _ = try keys.versions(Self.label)
        #expect(try keys.currentVersion(Self.label).version == 2)
    }

    @Test func whatAnEarlierLookFoundDoesNotUndoALaterOne() throws {
        let asked = host.bootNanoseconds()
        let found = try keys.versions(Self.label)
        try keys.rotate(Self.label, from: nil)
        #expect(keys.remember(found, Self.label, asked).count == 1)
        #expect(try keys.currentVersion(Self.label).version == 2)
        // A later one does: the version may have been removed.
        keys.remember(found, Self.label, host.bootNanoseconds())
        #expect(try keys.currentVersion(Self.label).version == 1)
    }
}

/// A host on whose clock a nanosecond passes with each look, and during the next one whatever a test wants.
private final class PausedHost: KeyBackendHost {
    private let now = Mutex<UInt64>(0)
    private let meanwhile = Mutex<(@Sendable () -> Void)?>(nil)

    func pause(_ body: @escaping @Sendable () -> Void) { meanwhile.withLock { $0 = body } }

    func bootNanoseconds() -> UInt64 {
        let body = meanwhile.withLock { body in
            defer { body = nil }
            return body
        }
        body?()
        return now.withLock { now in
            now += 1
            return now
        }
    }

    func wallMilliseconds() -> Int64 { ProcessKeyBackendHost.silent.wallMilliseconds() }
    func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError) {
        try ProcessKeyBackendHost.silent.fillRandom(&buffer)
    }
    func log(_ level: KeyBackendLogLevel, _ message: String) {}
    func appendAudit(_ record: [UInt8]) async throws(KeyBackendError) {}
}
