/// How many rows there are and where their payloads lie.
package struct RowStatistics: Sendable, Equatable {
    /// Payloads of one home.
    package struct Home: Sendable, Equatable {
        package var count: UInt64 = 0
        package var bytes: UInt64 = 0
    }

    /// The engine's rows, with or without payload.
    package var rows: UInt64 = 0
    package var inline = Home()
    package var segments = Home()
    package var blobs = Home()

    static let fieldCount = 7

    var fields: [UInt64] {
        [rows, inline.count, inline.bytes, segments.count, segments.bytes, blobs.count, blobs.bytes]
    }

    package init() {}

    init(fields: [UInt64]) {
        precondition(fields.count == Self.fieldCount)
        rows = fields[0]
        inline = Home(count: fields[1], bytes: fields[2])
        segments = Home(count: fields[3], bytes: fields[4])
        blobs = Home(count: fields[5], bytes: fields[6])
    }

    /// Counts a row in, or out.
    mutating func count(_ payload: PayloadLocation, adding: Bool) {
        Self.change(&rows, by: 1, adding: adding)
        switch payload {
        case .none: break
        case .inline(let bytes): inline.count(bytes: UInt64(bytes.count), adding: adding)
        case .segment(_, _, let lengthBytes): segments.count(bytes: UInt64(lengthBytes), adding: adding)
        case .blob(let reference): blobs.count(bytes: reference.lengthBytes, adding: adding)
        }
    }

    fileprivate static func change(_ value: inout UInt64, by amount: UInt64, adding: Bool) {
        // A counter that would fall below zero comes from a damaged index: `verify` reports the
        // difference, and a trap here would keep a store from being opened for repair.
        value = adding ? value &+ amount : (value >= amount ? value - amount : 0)
    }
}

extension RowStatistics.Home {
    fileprivate mutating func count(bytes: UInt64, adding: Bool) {
        RowStatistics.change(&count, by: 1, adding: adding)
        RowStatistics.change(&self.bytes, by: bytes, adding: adding)
    }
}
