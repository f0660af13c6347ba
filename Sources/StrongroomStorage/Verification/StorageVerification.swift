package import StrongroomSystem

/// What a walk through a store's journal, catalog and blobs found.
package struct StorageVerification: Sendable {
    /// One thing that is not as it should be, and where.
    package struct Finding: Sendable {
        package enum Kind: String, Sendable {
            /// Frames or headers of the journal.
            case journal
            /// Counters or rows of the catalog.
            case catalog
            /// The image that a lost catalog would be rebuilt from.
            case image
            /// A row's payload is not where the row says.
            case payload
            /// A blob file that no row names: space that is lost until a sweep, and no damage.
            case orphan
        }

        package var kind: Kind
        package var error: StorageError
        /// The row's key, if it is about one of the engine's rows.
        package var key: [UInt8]?
    }

    /// More are counted and not kept.
    package static let findingsMaximum = 10_000

    package private(set) var findings: [Finding] = []
    package private(set) var findingCount = 0
    package internal(set) var rowCount = 0
    package internal(set) var recordCount = 0
    package internal(set) var blobCount = 0
    /// Payload bytes whose hash was computed anew.
    package internal(set) var hashedBytes: UInt64 = 0

    mutating func note(_ kind: Finding.Kind, _ error: StorageError, key: [UInt8]? = nil) {
        findingCount += 1
        guard findings.count < Self.findingsMaximum else { return }
        findings.append(Finding(kind: kind, error: error, key: key))
    }
}
