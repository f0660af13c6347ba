internal import StrongroomKeys

/// What a store was last known to be, in a file outside it (`CanonicalJSONFile`). No secret: whoever reads it learns
/// the number of the last commit.
struct AnchorFile: Codable, Sendable, Equatable {
    static let currentFormat = 2

    var format: Int
    var storeId: String
    var timeline: UInt32
    /// All commits up to this were in the catalog, and no other.
    var lsn: UInt64
    /// Hexadecimal MAC over store, timeline, LSN and the sum of all rows: it tells two catalogs of one LSN apart. Nil
    /// while the rows of a catalog that was accepted as it was found are being added up.
    var root: String?
    /// What the counter outside was, or is about to be; nil for a store that has none. See `AnchorCounter`.
    var counter: UInt64?
    /// Hexadecimal MAC over all of the above.
    var code: String

    /// 1 without a counter, 2 with one: an older version, which knows none, says so instead of calling it forged.
    static func format(with counter: UInt64?) -> Int { counter == nil ? 1 : currentFormat }

    /// What the names in a keyring begin with: stores that were restored from one backup may share it.
    static func prefix(storeID: [UInt8]) -> String { "anchor-\(Hexadecimal.encode(storeID))-" }

    static func name(storeID: [UInt8], timeline: UInt32) -> String {
        prefix(storeID: storeID) + String(timeline, radix: 16) + ".json"
    }
}
