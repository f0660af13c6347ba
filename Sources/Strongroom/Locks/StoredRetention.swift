#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A retention as rows keep it.
struct StoredRetention: Sendable, Equatable {
    var mode: Retention.Mode
    /// Milliseconds since 1970.
    var untilMilliseconds: Int64

    var retention: Retention { Retention(mode: mode, until: Date(storeMilliseconds: untilMilliseconds)) }

    /// For messages: the mode, and the moment in ISO 8601.
    var text: String {
        let moment =
            untilMilliseconds <= Date.lastStoreMilliseconds
            ? "until " + Date(storeMilliseconds: untilMilliseconds).formatted(.iso8601) : "for ever"
        return "\(mode) mode, \(moment)"
    }

    static let encodedBytes = 9

    /// Mode u8, then the moment, i64 little-endian.
    var encoded: [UInt8] {
        let moment = UInt64(bitPattern: untilMilliseconds)
        return [mode.number] + (0..<8).map { UInt8(truncatingIfNeeded: moment >> (8 * $0)) }
    }

    /// Nil where the bytes are none.
    init?(decoding bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.encodedBytes, let number = bytes.first, let mode = Retention.Mode(number: number)
        else { return nil }
        self.mode = mode
        untilMilliseconds = Int64(bitPattern: bytes.dropFirst().reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    init(mode: Retention.Mode, untilMilliseconds: Int64) {
        self.mode = mode
        self.untilMilliseconds = untilMilliseconds
    }
}
