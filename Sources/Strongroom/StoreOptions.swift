public import CoreMetrics
public import Logging
public import StrongroomCrypto
public import StrongroomKeys
public import SystemPackage

/// How to open a store. The defaults suit most applications.
public struct StoreOptions: Sendable {
    /// What to do where nothing stands at the path.
    public enum Absence: Sendable {
        /// Make a new store, with a new keyring beside it.
        case create
        /// Throw ``StoreError/Code/notFound``.
        case refuse
    }

    /// What to do when the keyring is not there.
    public enum MissingKeyring: Sendable {
        /// Throw ``StoreError/Code/keyringMissing``.
        case refuse
        /// Open the store *locked*: names can be listed and stored bytes verified, nothing sealed can be used,
        /// nothing can be written.
        case openLocked
    }

    /// What to do when the store is not, and has not become, what its anchors say that it was last.
    public enum RolledBack: Sendable {
        /// Throw ``StoreError/Code/rolledBack``.
        case refuse
        /// Open the store as it is found, and forget what the anchors say. For once: after the keyring of another
        /// state, or after a repair that lost commits. It goes on on a timeline of its own then, as a restored one
        /// does; where there is nothing to accept, this changes nothing.
        case accept
    }

    /// What to do where nothing stands at the path. By default a store is made.
    public var whenAbsent: Absence = .create
    /// What to do when the keyring is not there. By default the store refuses to open.
    public var whenKeyringMissing: MissingKeyring = .refuse
    /// What to do when the store is older than its keyring says, or was changed by somebody without its keys. By
    /// default it refuses to open. See <doc:Rollback>.
    public var whenRolledBack: RolledBack = .refuse
    /// A file, best on another disk or machine, in which the store says after each checkpoint what it is, as it does in
    /// its keyring: whoever puts back store and keyring together is found out by it. Its folder exists, and lies in
    /// neither of the two; a file that is no anchor of this store is left as it is, and the store refuses to open. Nil,
    /// the default, for none.
    public var anchor: FilePath?
    /// A program that reaches a counter which only goes up and is this store's alone, such as one in a TPM: whoever
    /// puts back the store, its keyring and every anchor is found out by it. Nil, the default, for none.
    ///
    /// It is run with one argument, `read` or `advance` (one step up, to be durable when the program ends), prints what
    /// the counter is then, in decimal digits on a line, and ends with status 0, all within 30 seconds. It is run at
    /// each opening and closing, and at most every ten minutes between. It belongs to root or this user, as all folders
    /// above it, and nobody else may write to it. A store that was made without has to be opened with
    /// ``whenRolledBack`` set to ``RolledBack/accept`` once. See <doc:Rollback>.
    public var anchorCounter: FilePath?
    /// Where the keyring is: by default beside the store, at `<store>.keyring`. Never inside the store.
    public var keyring: FilePath?
    /// What unseals the keyring. By default a root key file of mode 0600 in the keyring, made with the store.
    public var rootKey: RootKey = .fileInKeyring
    /// The key backend that seals data keys: linked in by default, or a module that is loaded.
    public var keyBackend: KeyBackendSource = .linkedS3ManagedKeys
    /// How a backend is protected that may take its time, as a module that asks another machine; the linked one
    /// answers at once and needs none of that. See <doc:KeyOutages>.
    public var keyBackendLimits = KeyBackendLimits()
    /// The key service for SSE-KMS; nil, the default, for none. A store that was opened with one cannot read what that
    /// sealed without it.
    public var keyService: KeyServiceOptions?
    /// What new buckets allow that says nothing else; by default nothing of what can be blocked.
    public var allowedEncryption: Set<BlockableEncryption> = []
    /// Memory that holds what the journal has and the catalog has not yet: 4 MiB to 4 GiB, 64 MiB by default.
    public var memtableLimitBytes = 64 << 20
    /// Objects to this size travel in the journal, larger ones get a file of their own: 4 KiB to 1 MiB,
    /// 128 KiB by default.
    public var smallObjectLimitBytes = 128 << 10
    /// The least size of a part of a multipart upload, but the last: 5 MiB by default, as in S3; 1 byte to 5 GiB.
    public var partMinimumBytes = 5 << 20
    /// The size that journal segments grow to: 1 MiB to 1 GiB and a multiple of 4 KiB, at least four times
    /// `smallObjectLimitBytes`; 64 MiB by default.
    public var journalSegmentBytes = 64 << 20
    /// Whether the space of deleted and overwritten small objects comes back by itself; by default it does. Without,
    /// ``Store/compact(progress:)`` gives it back. See <doc:Space>.
    public var compactsAutomatically = true
    /// How many bytes of the journal are kept, beyond what the store needs itself, for readers of the change feed that
    /// have not come so far: 0 to 1 TiB, 1 GiB by default. Who falls behind further meets
    /// ``StoreError/Code/positionExpired``.
    public var changeFeedLimitBytes = 1 << 30
    /// For how many seconds they are kept for a reader that has fallen behind and reads or acknowledges nothing while
    /// the store is open: 0 to 10 years, 7 days by default.
    public var changeFeedLimitSeconds = 7 * 86_400
    /// For how many microseconds a write that is the only one under way looks out for its commit before its task
    /// sleeps: 0 to 1,000, 0 by default. To wake a task takes as long as a third of a sync of a fast disk: with 200, a
    /// lone writer on such a disk is faster by a third, and the processor has as much to do as when it slept. While
    /// it looks out it keeps a thread of Swift's pool; with other writers beside it nobody does so.
    public var loneCommitSpinMicroseconds = 0
    /// How many days a store may have been closed, by the machine's clock, before that clock has to be confirmed
    /// (``Store/confirmClock()``): 1 to 3,650, 30 by default. Until then no lock of an object expires. It is also
    /// how far each opening lets whoever sets the machine's clock move the end of locks: fewer days are stricter.
    public var lockClockGapDays = 30
    /// The cipher of new objects.
    public var suite: CipherSuite = .aes256GCM
    /// Where the store's figures go; nil, the default, for the process's `MetricsSystem`.
    public var metricsFactory: (any MetricsFactory)?
    /// Dimensions of all of the store's figures: what tells several stores of a process apart. By default none.
    public var metricsDimensions: [(name: String, value: String)] = []
    /// Where the store logs; by default the task's logger.
    public var logger: Logger?

    /// The defaults.
    public init() {}

    func check() throws(StoreError) {
        let bounds: [(name: String, value: Int, range: ClosedRange<Int>)] = [
            ("memtableLimitBytes", memtableLimitBytes, 4 << 20...4 << 30),
            ("smallObjectLimitBytes", smallObjectLimitBytes, 4 << 10...1 << 20),
            ("partMinimumBytes", partMinimumBytes, 1...5 << 30),
            ("journalSegmentBytes", journalSegmentBytes, 1 << 20...1 << 30),
            ("changeFeedLimitBytes", changeFeedLimitBytes, 0...1 << 40),
            ("changeFeedLimitSeconds", changeFeedLimitSeconds, 0...3_650 * 86_400),
            ("loneCommitSpinMicroseconds", loneCommitSpinMicroseconds, 0...1_000),
            ("lockClockGapDays", lockClockGapDays, 1...3_650),
        ]
        for bound in bounds where !bound.range.contains(bound.value) {
            throw StoreError(
                .invalidArgument,
                "\(bound.name) is \(bound.value); it may be \(bound.range.lowerBound) to \(bound.range.upperBound).")
        }
        try checkKeyBackends()
        guard journalSegmentBytes.isMultiple(of: 4_096), journalSegmentBytes >= 4 * smallObjectLimitBytes else {
            throw StoreError(
                .invalidArgument,
                "journalSegmentBytes is \(journalSegmentBytes); it must be a multiple of 4,096 "
                    + "and at least four times smallObjectLimitBytes."
            )
        }
    }

    func checkKeyBackends() throws(StoreError) {
        try StoreOptions.check(keyBackendLimits)
        try keyService?.check()
    }

    static func check(_ limits: KeyBackendLimits) throws(StoreError) {
        do throws(KeyBackendError) {
            try limits.check()
        } catch {
            throw StoreError(.invalidArgument, error.message)
        }
    }
}

/// What unseals the keyring.
public enum RootKey: Sendable {
    /// A file of 32 random bytes and mode 0600 in the keyring itself.
    case fileInKeyring
    /// Such a file elsewhere, for example on a device that is mounted only when needed. Made with the store.
    case file(FilePath)
    /// A passphrase, stretched by scrypt.
    case passphrase(SharedSecret)
}

/// Which key backend a store uses.
public enum KeyBackendSource: Sendable {
    /// The S3-managed keys that are part of this library.
    case linkedS3ManagedKeys
    /// Another backend that is part of the program, by its table.
    case linked(KeyBackendTable)
    /// A key-backend module, pinned by its SHA-256.
    case module(TrustedModule)
}
