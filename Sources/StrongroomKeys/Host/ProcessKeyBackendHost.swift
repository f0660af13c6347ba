internal import StrongroomSystem

/// The host as an ordinary process: its clocks, the kernel's randomness, and whatever log and audit
/// trail it is given.
public struct ProcessKeyBackendHost: KeyBackendHost {
    private let writeLog: @Sendable (KeyBackendLogLevel, String) -> Void
    private let audit: (@Sendable ([UInt8]) async throws(KeyBackendError) -> Void)?
    private let stores: (@Sendable (String, String?) async -> KeyDependencies)?

    /// A host that logs with `log` and audits with `audit`. Without `audit`, a backend that wants to
    /// leave a record is told `auditUnavailable`: it is not told that a record is there which is not. Without `stores`,
    /// one that asks what hangs on a key (its id and version) is told that nobody knows.
    public init(
        log: @escaping @Sendable (KeyBackendLogLevel, String) -> Void,
        audit: (@Sendable ([UInt8]) async throws(KeyBackendError) -> Void)? = nil,
        stores: (@Sendable (String, String?) async -> KeyDependencies)? = nil
    ) {
        writeLog = log
        self.audit = audit
        self.stores = stores
    }

    /// A host without a log and without an audit trail.
    public static let silent = ProcessKeyBackendHost(log: { _, _ in })

    /// The system's wall clock.
    public func wallMilliseconds() -> Int64 { PosixClock().wallMilliseconds() }

    /// The system's boot clock.
    public func bootNanoseconds() -> UInt64 { PosixClock().bootNanoseconds() }

    /// From the kernel.
    public func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError) { SystemRandom().fill(&buffer) }

    /// Hands the line to the log given.
    public func log(_ level: KeyBackendLogLevel, _ message: String) { writeLog(level, message) }

    /// Hands the record to the audit trail given.
    public func appendAudit(_ record: [UInt8]) async throws(KeyBackendError) {
        guard let audit else {
            throw KeyBackendError(
                .auditUnavailable, "This host keeps no audit trail for key backends; open the backend with one.")
        }
        try await audit(record)
    }

    /// Asks the stores given.
    public func dependencies(on keyID: String, version: String?) async -> KeyDependencies {
        guard let stores else {
            return .unknown("The key backend was opened without a store, so nobody could be asked.")
        }
        return await stores(keyID, version)
    }
}
