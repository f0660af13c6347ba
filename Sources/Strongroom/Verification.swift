/// What a verification found.
public struct VerificationReport: Sendable, Hashable {
    /// One thing that is not as it should be.
    public struct Finding: Sendable, Hashable {
        /// Where: a file with an offset, or an object.
        public var place: String
        /// What is wrong.
        public var reason: String
    }

    /// How many objects' rows were checked.
    public var objectCount: UInt64 = 0
    /// Bytes of plaintext that were opened and verified; 0 where data was not read.
    public var verifiedBytes: UInt64 = 0
    /// Objects whose bytes were to be opened and could not: under a customer key, or under a key of a key service
    /// that is disabled, missing or does not answer. Their rows and stored bytes were checked, as far as that needs
    /// no key.
    public var unopenedCount: UInt64 = 0
    /// All that is wrong, at most ``findingsLimit`` of it.
    public var findings: [Finding] = []
    /// Findings beyond the limit.
    public var unlistedFindingCount: UInt64 = 0
    /// Blob files that no object names, left by a crash: space that a sweep gives back, and no damage.
    public var orphanCount: UInt64 = 0
    /// Whether the store was locked, so that rows and data could not be authenticated.
    public var wasLocked = false

    /// The most findings that are listed.
    public static let findingsLimit = 10_000

    /// Whether nothing is wrong.
    public var isSound: Bool { findings.isEmpty && unlistedFindingCount == 0 }

    mutating func note(_ place: String, _ reason: String) {
        findings.note(Finding(place: place, reason: reason), unlistedCount: &unlistedFindingCount)
    }
}

extension [VerificationReport.Finding] {
    /// Lists a finding, or only counts it once there are as many as a report holds.
    mutating func note(_ finding: Element, unlistedCount: inout UInt64) {
        if count < VerificationReport.findingsLimit { append(finding) } else { unlistedCount += 1 }
    }
}

extension Store {
    /// Checks catalog against journal against blobs, every row that has a MAC against it, and parts against
    /// their owners; with `readingData` also opens every object to its last byte. Changes nothing. Goes on
    /// past what it finds.
    ///
    /// Of an upload in parts that is not complete the rows are checked, and the bytes of its parts are not opened.
    ///
    /// - Parameters:
    ///   - readingData: whether to read all data, which takes as long as the disk does.
    ///   - progress: called after every object with the report so far.
    /// - Throws: ``StoreError`` only where the check itself cannot go on; damage is in the report.
    public func verify(
        readingData: Bool = false, progress: ((VerificationReport) -> Void)? = nil
    ) async throws(StoreError) -> VerificationReport {
        try await engine.verify(readingData: readingData, progress: progress)
    }

    /// Objects and bytes by home, the journal, and how far the catalog is behind.
    public func statistics() async throws(StoreError) -> StoreStatistics {
        try await engine.statistics()
    }

    /// Moves everything committed so far from the journal into the catalog, as happens by itself from
    /// time to time. Afterwards ``statistics()`` counts everything.
    public func checkpoint() async throws(StoreError) {
        try await engine.checkpoint()
    }
}
