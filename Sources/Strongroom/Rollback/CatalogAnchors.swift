internal import Logging
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// Where it stands outside the store what the store was last: in its keyring, and in a file of its own where the
/// options name one; both with a counter's value where there is one. Everything here blocks, on threads of the storage.
///
/// What is in the keyring is written by whoever notes a root: the keyring lies where the store does, and without it
/// there is nothing to read. The file elsewhere and the counter may not answer for a while, and the store goes on: they
/// have a thread of their own (`NewestWork`), which nobody waits for once it is late.
final class CatalogAnchors: CatalogRootKeeper {
    private struct State {
        /// What is known to stand in each place.
        var written: [FilePath: AnchorFile] = [:]
        var failures: [FilePath: StorageError] = [:]
        /// The last root that was noted, and whether all places but the keyring have it.
        var mark: CatalogRootMark?
        var isNotedOutside = false
        /// Nothing is written any more: another process may have opened the store.
        var isAbandoned = false
    }

    /// For so long a checkpoint waits for what is outside; not at all while that is late already.
    static let patienceSecondsDefault: UInt64 = 3
    /// For so long a closing waits: for a file; with a counter, for a step that is under way and for the last one, each
    /// of two calls of at most 30 seconds.
    static func closingSecondsDefault(withCounter: Bool) -> UInt64 { withCounter ? 150 : 30 }

    private let keys: CatalogKeys
    let places: [FilePath]
    private let timeline: UInt32
    private let fileSystem: any FileSystem
    private let logger: Logger
    private let acceptsRollback: Bool
    /// Whether the keyring knows the store on other timelines, and not on this one.
    private let isUnknown: Bool
    let counter: AnchorCounter?
    /// Whether the store is being made.
    let isNew: Bool
    /// What counted when the store was opened.
    private let found: [(FilePath, AnchorFile)]
    private let state = Mutex(State())
    /// Held while the file in the same place of `places` is made and written: the keyring's is written by two.
    private let writing: [Monitor<Void>]
    private let outside = NewestWork()
    private let patienceSeconds: UInt64
    private let closingSeconds: UInt64

    /// Reads what there is.
    ///
    /// - Parameters:
    ///   - outside: a file outside the keyring; nil for none.
    ///   - counter: a counter outside both; nil for none.
    ///   - isNew: whether the store is being made: then it needs no anchor to go with the counter.
    ///   - acceptsRollback: whether to forget it: the store is as it is found.
    /// - Throws: `rolledBack` for a file that the store has not written; `invalidArgument` where `outside` cannot be
    ///   its anchor.
    init(
        _ keys: CatalogKeys, keyring: FilePath, outside: FilePath?, counter: AnchorCounter?, storeID: [UInt8],
        timeline: UInt32, isNew: Bool,
        acceptsRollback: Bool, _ fileSystem: any FileSystem, _ logger: Logger,
        patienceSeconds: UInt64 = patienceSecondsDefault, closingSeconds: UInt64? = nil
    ) throws(StorageError) {
        let name = AnchorFile.name(storeID: storeID, timeline: timeline)
        if let outside { try Self.checkOutside(outside, storeID, fileSystem) }
        let places = [keyring.appending(name)] + (outside.map { [$0] } ?? [])
        let known = try fileSystem.list(keyring).filter { $0.hasPrefix(AnchorFile.prefix(storeID: storeID)) }
        isUnknown = !known.isEmpty && !known.contains(name)
        self.keys = keys
        self.places = places
        self.patienceSeconds = patienceSeconds
        self.closingSeconds = closingSeconds ?? Self.closingSecondsDefault(withCounter: counter != nil)
        writing = places.map { _ in Monitor(()) }
        self.timeline = timeline
        self.fileSystem = fileSystem
        self.logger = logger
        self.acceptsRollback = acceptsRollback
        self.counter = counter
        self.isNew = isNew
        var found: [(FilePath, AnchorFile)] = []
        for place in places where !acceptsRollback {
            if let anchor = try Self.read(place, keys, fileSystem) { found.append((place, anchor)) }
        }
        self.found = found
    }

    /// Whether the file, if there is one, is an anchor of this store: else it is not this store's to write.
    private static func checkOutside(
        _ place: FilePath, _ storeID: [UInt8], _ fileSystem: any FileSystem
    ) throws(StorageError) {
        let folder = place.removingLastComponent()
        guard try fileSystem.status(folder)?.kind == .directory else {
            throw StorageError(
                .invalidArgument, "the folder of the store's anchor is not there; mount it, or name another anchor",
                path: folder)
        }
        guard try fileSystem.status(place) != nil else { return }
        var found: AnchorFile?
        do throws(StorageError) {
            found = try CanonicalJSONFile.read(AnchorFile.self, from: place, in: fileSystem)
        } catch  where error.code == .corrupted {
            found = nil
        }
        guard let found else {
            throw StorageError(
                .invalidArgument,
                "the file is no anchor, or a damaged one, and is left as it is. Put it back as it was, or, if nothing "
                    + "needs it, remove it; or name another anchor", path: place)
        }
        guard found.storeId == Hexadecimal.encode(storeID) else {
            throw StorageError(
                .invalidArgument, "the file is the anchor of another store; name one of this store's own", path: place)
        }
    }

    private static func read(
        _ place: FilePath, _ keys: CatalogKeys, _ fileSystem: any FileSystem
    ) throws(StorageError) -> AnchorFile? {
        guard try fileSystem.status(place) != nil else { return nil }
        let anchor: AnchorFile
        do throws(StorageError) {
            anchor = try CanonicalJSONFile.read(AnchorFile.self, from: place, in: fileSystem)
        } catch  where error.code == .corrupted {
            throw Self.foreign(place)
        }
        guard anchor.format <= AnchorFile.currentFormat else {
            throw StorageError(
                .unsupportedFormat, "the anchor is of a newer format; open the store with a newer version", path: place)
        }
        guard try keys.isAuthentic(anchor) else { throw foreign(place) }
        return anchor
    }

    private static func foreign(_ place: FilePath) -> StorageError {
        rolledBack("the anchor is not what this store wrote", place)
    }

    static func rolledBack(_ reason: String, _ place: FilePath) -> StorageError {
        StorageError(
            .rolledBack,
            "\(reason). Put back the store as it was last, with its journal and blobs; or, if it is meant to be as it "
                + "is, open it once with StoreOptions.whenRolledBack = .accept (--accept-rollback)", path: place)
    }

    // MARK: The root

    func hash(_ key: [UInt8], _ row: [UInt8]) throws(StorageError) -> RowHash { try keys.hash(key, row) }

    func seal(_ record: [UInt8], for place: [UInt8]) throws(StorageError) -> [UInt8] {
        try keys.seal(record, for: place)
    }

    func open(_ sealed: [UInt8], for place: [UInt8]) throws(StorageError) -> CatalogRootRecord? {
        try keys.open(sealed, for: place, anyTimeline: found.isEmpty)
    }

    // MARK: Opening

    var anchoredLSNs: Set<UInt64> { Set(found.filter { $0.1.root != nil }.map(\.1.lsn)) }

    /// - Throws: `rolledBack` where the store is not, and has not become, what the anchors say.
    func check(_ found: CatalogRootFound) throws(StorageError) {
        guard !acceptsRollback else { return try accept(found) }
        guard !isUnknown else { throw Self.restored(places[0]) }
        // As they are now: until the store was locked, somebody else may have had it open, or have put others there.
        var current: [(place: FilePath, anchor: AnchorFile)] = []
        for place in places {
            guard let anchor = try Self.read(place, keys, fileSystem) else { continue }
            try check(found, against: anchor, place)
            current.append((place, anchor))
            remember(anchor, at: [place])
        }
        try checkCounter(current)
    }

    /// What the store is now is the last that passes, and no copy that was made before.
    func stepCounter() throws(StorageError) {
        try counter?.step { (next) throws(StorageError) in
            var (isWritten, failures): (Bool, [FilePath: StorageError]) = (false, [:])
            for (place, lock) in zip(places, writing) {
                do throws(StorageError) {
                    try lock.withLock { _ throws(StorageError) in
                        guard let anchor = state.withLock({ $0.written[place] }) else { return }
                        try write(try keys.anchor(anchor, next), to: place)
                        isWritten = true
                    }
                } catch {
                    failures[place] = error
                }
            }
            guard let failure = failures.values.first else { return }
            // One that is last is enough.
            guard isWritten else { throw failure }
            state.withLock { state in state.failures.merge(failures) { $1 } }
        }
    }

    private func write(_ anchor: AnchorFile, to place: FilePath) throws(StorageError) {
        if state.withLock({ $0.isAbandoned }) { throw Self.doesNotAnswer(place) }
        try CanonicalJSONFile.write(anchor, to: place, in: fileSystem)
        remember(anchor, at: [place])
    }

    func remember(_ anchor: AnchorFile, at places: [FilePath]) {
        state.withLock { state in for place in places { state.written[place] = anchor } }
    }

    func end() throws(StorageError) {
        // No step after an opening that was refused.
        let mustStep = counter?.said != nil
        guard mustStep || outside.isRunning else { return }
        let result = Monitor(Result<Void, StorageError>.success(()))
        outside.begin { [self] in
            noteOutside()
            guard mustStep else { return }
            let step = Result { () throws(StorageError) in try stepCounter() }
            result.withLock { $0 = step }
        }
        guard outside.wait(seconds: closingSeconds) else {
            state.withLock { $0.isAbandoned = true }
            let failure = Self.doesNotAnswer(places[places.count - 1])
            warn(failure)
            guard mustStep else { return }
            throw failure
        }
        try result.withLock { $0 }.get()
    }

    private func check(
        _ found: CatalogRootFound, against anchor: AnchorFile, _ place: FilePath
    ) throws(StorageError) {
        guard anchor.timeline == timeline else { throw Self.restored(place) }
        guard found.lastLSN >= anchor.lsn else {
            throw Self.rolledBack(
                "the store ends at commit \(found.lastLSN) and had \(anchor.lsn) commits: it is an older copy", place)
        }
        guard found.hasRoot || anchor.root == nil else {
            throw Self.rolledBack(
                "the catalog's root is missing, or is none of this catalog: it was changed without the store's keys",
                place)
        }
        guard anchor.root != nil else { return }
        guard let mark = found.marks[anchor.lsn] else {
            // What is in the catalog has the root to show for it, and went on from there; so did a checkpoint that did
            // not come to its end. The journal has nothing to show.
            guard anchor.lsn > found.appliedLSN, anchor.lsn >= found.containedLSN else { return }
            throw Self.rolledBack("the catalog is older than its anchor, and was none that the store left", place)
        }
        guard try keys.anchor(mark, anchor.counter) == anchor else {
            throw Self.rolledBack(
                "what the store has up to commit \(mark.lsn) is not what it wrote: it is of another history", place)
        }
    }

    private static func restored(_ place: FilePath) -> StorageError {
        rolledBack("the store was restored from a backup, or made to look so, without its keyring", place)
    }

    /// From here on it counts what is there. Rows that are not all in a root yet may be added up by a later process.
    private func accept(_ found: CatalogRootFound) throws(StorageError) {
        logger.notice("The store is accepted as it was found", metadata: ["lastLSN": "\(found.lastLSN)"])
        let anchor = try keys.anchor(upTo: found.lastLSN, try counter?.begin())
        for place in places { try write(anchor, to: place) }
        try stepCounter()
    }

    /// A store that was accepted goes on on a timeline of its own: what it was on the one before it never is again.
    func abandon(_ timeline: UInt32) throws(StorageError) {
        let keyring = places[0].removingLastComponent()
        let path = keyring.appending(AnchorFile.name(storeID: keys.storeID, timeline: timeline))
        guard try fileSystem.status(path) != nil else { return }
        try fileSystem.remove(path)
        try fileSystem.synchronizeDirectory(keyring)
    }

    // MARK: Writing

    /// Whether it stands in all places now.
    func note(_ mark: CatalogRootMark) -> Bool {
        let isInKeyring = note(mark, at: 0)
        state.withLock { state in
            if state.mark != mark { (state.mark, state.isNotedOutside) = (mark, false) }
        }
        guard places.count > 1 || counter != nil else { return isInKeyring }
        let mayWait = !outside.isRunning
        outside.begin { [self] in noteOutside() }
        guard mayWait else { return false }
        guard outside.wait(seconds: patienceSeconds) else {
            warn(Self.doesNotAnswer(places[places.count - 1]))
            return false
        }
        return isInKeyring && state.withLock { $0.isNotedOutside }
    }

    /// On its thread: brings all other places to the last root, and takes a step of the counter if one is due.
    private func noteOutside() {
        guard let mark = state.withLock({ $0.mark }) else { return }
        var isNoted = true
        for index in places.indices.dropFirst() where !note(mark, at: index) { isNoted = false }
        let isWritten = state.withLock { state in
            if state.mark == mark { state.isNotedOutside = isNoted }
            return state.failures.isEmpty
        }
        if isWritten, let counter, counter.isDue {
            do throws(StorageError) { try stepCounter() } catch { warn(error) }
        }
    }

    /// Whether it stands in that place now.
    private func note(_ mark: CatalogRootMark, at index: Int) -> Bool {
        let place = places[index]
        var failure: StorageError?
        let isNoted = writing[index].withLock { _ in
            do throws(StorageError) {
                let anchor = try keys.anchor(mark, counter?.said)
                let written = state.withLock { $0.written[place] }
                if written == anchor { return true }
                // Until the catalog is there again, a copy of what it is now would pass.
                guard mark.lsn >= written?.lsn ?? 0 else { return false }
                try write(anchor, to: place)
                return true
            } catch {
                failure = error
                return false
            }
        }
        let before = state.withLock { state in
            defer { state.failures[place] = failure }
            return state.failures[place]
        }
        if let failure, before?.description != failure.description { warn(failure) }
        return isNoted
    }

    private static func doesNotAnswer(_ place: FilePath) -> StorageError {
        StorageError(
            .anchorUnavailable,
            "the anchor outside the keyring, or its counter, does not answer; see that its disk is there and that the "
                + "counter's program ends", path: place)
    }

    func warn(_ failure: StorageError) {
        logger.warning(
            "The store's anchor cannot be kept up: a copy of the store that is older than it would not be noticed",
            metadata: ["reason": "\(failure)"])
    }

    /// Why an anchor cannot be written, or its counter not be advanced; nil where all is well.
    var failure: StorageError? {
        let failures = state.withLock { $0.failures }
        if let failure = places.lazy.compactMap({ failures[$0] }).first { return failure }
        return outside.isLate ? Self.doesNotAnswer(places[places.count - 1]) : counter?.failure
    }
}

extension StorageError.Code {
    static let rolledBack = Self("rolledBack")
    static let anchorUnavailable = Self("anchorUnavailable")
    static let unsafePermissions = Self("unsafePermissions")
}
