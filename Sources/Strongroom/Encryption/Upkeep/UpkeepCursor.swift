internal import StrongroomKeys

/// Where a run of ``Store/rewrapKeys(_:progress:)`` or ``Bucket/reseal(_:progress:)`` stopped. Can be written down and
/// used by a later process.
public struct UpkeepCursor: Sendable, Hashable, CustomStringConvertible {
    let rowKey: [UInt8]

    init(rowKey: [UInt8]) { self.rowKey = rowKey }

    /// Reads what ``description`` wrote.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument``.
    public init(_ text: String) throws(StoreError) {
        guard let bytes = Hexadecimal.decode(text), let table = bytes.first, Engine.sealedTables.contains(table),
            bytes.count <= 4_096
        else { throw StoreError(.invalidArgument, "\(text.prefix(100).debugDescription) is no place to go on from.") }
        rowKey = bytes
    }

    /// The place, in hexadecimal. Nothing secret: it names a row.
    public var description: String { Hexadecimal.encode(rowKey) }
}
