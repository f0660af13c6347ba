internal import StrongroomSystem

/// Rows whose payloads are written anew by one commit.
struct MoveBatch {
    struct Row {
        var key: [UInt8]
        var encoded: [UInt8]
        var old: PayloadLocation
        /// Which of the payloads is its own.
        var attachment: Int
    }

    private(set) var rows: [Row] = []
    private(set) var payloads: [[UInt8]] = []
    /// Of the frame.
    private(set) var sizeBytes = CommitFrame.headerSizeBytes
    /// All rows are as of this commit or of a later one.
    private(set) var lsn = UInt64.max
    private var keys: Set<[UInt8]> = []
    private var attachments: [UInt64: Int] = [:]

    var isEmpty: Bool { rows.isEmpty }

    /// What a row adds to its commit's frame beside the payload.
    static func overheadBytes(key: [UInt8], encoded: [UInt8]) -> Int {
        CommitFrame.mutationHeaderSizeBytes + 4 + key.count + encoded.count
    }

    func contains(_ key: [UInt8]) -> Bool { keys.contains(key) }

    /// Whether another row has brought the payload along.
    func hasPayload(at offset: UInt64) -> Bool { attachments[offset] != nil }

    /// - Parameters:
    ///   - offset: the old place within its segment; all rows of a batch are in one.
    ///   - lsn: as of which the row was read.
    mutating func add(
        _ key: [UInt8], _ encoded: [UInt8], at offset: UInt64, _ old: PayloadLocation, payload: ArraySlice<UInt8>,
        lsn: UInt64
    ) {
        assert(!contains(key))
        keys.insert(key)
        let attachment = attachments[offset] ?? payloads.count
        if attachment == payloads.count {
            attachments[offset] = attachment
            payloads.append(Array(payload))
            sizeBytes += payload.count
        }
        rows.append(Row(key: key, encoded: encoded, old: old, attachment: attachment))
        sizeBytes += Self.overheadBytes(key: key, encoded: encoded)
        self.lsn = min(self.lsn, lsn)
    }
}
