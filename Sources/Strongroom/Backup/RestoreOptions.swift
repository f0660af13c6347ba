/// How a store is made of a backup.
public struct RestoreOptions: Sendable {
    /// Which state of the store.
    public struct Target: Sendable, Hashable {
        enum Choice: Hashable {
            case newest
            case backup(UInt64)
            case commit(UInt64)
        }

        let choice: Choice

        /// As the newest backup has it.
        public static let newest = Target(choice: .newest)
        /// As the backup of that number has it.
        public static func backup(_ number: UInt64) -> Target { Target(choice: .backup(number)) }
        /// As it was after that commit, which a backup's journal reaches: see ``Backup/firstLSN``.
        public static func commit(_ lsn: UInt64) -> Target { Target(choice: .commit(lsn)) }
    }

    /// Which state of the store; by default the newest backup.
    public var target = Target.newest
    /// What opens the restored store, to see whether its keys are all there; nil for not looking. By default the
    /// keyring beside the restored store.
    public var keyCheck: StoreOptions? = StoreOptions()

    /// The defaults.
    public init() {}
}

/// What a restore did.
public struct RestoreReport: Sendable, Hashable {
    /// The backup that it was made of.
    public var backup: Backup
    /// The last commit that the store has. It goes on from there on a timeline of its own: no position of the change
    /// feed of before means anything in it.
    public var lastLSN: UInt64
    /// Files that were copied.
    public var fileCount: UInt64
    /// Their bytes.
    public var bytes: UInt64
    /// How many different versions of keys its objects are under, each of which has opened one of them. 0 where the
    /// keys were not looked at.
    public var checkedKeyCount: UInt64
    /// Payloads that the backup does not have, because they were damaged when it was made or are damaged in it. Their
    /// objects are there and cannot be read: ``Store/verify(readingData:progress:)`` names them.
    public var findings: [VerificationReport.Finding]
}
