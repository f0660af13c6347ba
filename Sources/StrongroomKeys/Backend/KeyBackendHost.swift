/// What the host offers to a backend: time, randomness, a log, a durable audit trail.
public protocol KeyBackendHost: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z. May jump, also back.
    func wallMilliseconds() -> Int64

    /// Nanoseconds since boot; never goes back. Deadlines are on this clock.
    func bootNanoseconds() -> UInt64

    /// Fills `buffer` with random bytes fit for keys.
    func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError)

    /// One line, never with a secret. Returns at once.
    func log(_ level: KeyBackendLogLevel, _ message: String)

    /// Returns once the record (a JSON object) is durable; fails with `auditUnavailable`.
    func appendAudit(_ record: [UInt8]) async throws(KeyBackendError)

    /// What is sealed under a key in the stores of this process: to be asked before a key is let go. A host that knows
    /// no stores says that it is not known, which is not the same as nothing.
    ///
    /// - Parameters:
    ///   - keyID: the canonical id, as answers have it; never an alias.
    ///   - version: one version of it; nil for all.
    func dependencies(on keyID: String, version: String?) async -> KeyDependencies
}

extension KeyBackendHost {
    /// Not known: the host has no way to stores.
    public func dependencies(on keyID: String, version: String?) async -> KeyDependencies {
        .unknown("The host knows no stores.")
    }
}

/// How much a log line matters.
public enum KeyBackendLogLevel: UInt32, Sendable, Comparable {
    /// For whoever looks into the backend itself.
    case debug = 0
    /// Normal events.
    case info = 1
    /// Something that will fail if nobody does anything.
    case warning = 2
    /// Something has failed.
    case error = 3

    /// In order of importance.
    public static func < (left: KeyBackendLogLevel, right: KeyBackendLogLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}
