/// The storage class of an object: a label, kept and shown. All objects are stored alike, whatever their class.
///
/// Classes that S3 stores elsewhere, and whose objects must be restored or move by themselves (GLACIER,
/// DEEP_ARCHIVE, INTELLIGENT_TIERING), are refused: a label that promises what nobody does would be a lie.
public struct StorageClass: Hashable, Sendable, CustomStringConvertible {
    /// S3's name of the class.
    public let rawValue: String
    /// As rows record it. Part of the format: these must not change.
    let number: UInt8

    private init(_ rawValue: String, _ number: UInt8) {
        self.rawValue = rawValue
        self.number = number
    }

    /// The default.
    public static let standard = Self("STANDARD", 0)
    /// Seldom read.
    public static let standardInfrequentAccess = Self("STANDARD_IA", 1)
    /// Seldom read, kept in one zone.
    public static let oneZoneInfrequentAccess = Self("ONEZONE_IA", 2)
    /// Hardly ever read, and at hand when it is.
    public static let glacierInstantRetrieval = Self("GLACIER_IR", 3)
    /// S3's oldest cheaper class.
    public static let reducedRedundancy = Self("REDUCED_REDUNDANCY", 4)

    /// All that there are.
    public static let all = [
        standard, standardInfrequentAccess, oneZoneInfrequentAccess, glacierInstantRetrieval, reducedRedundancy,
    ]

    /// The class of that name.
    ///
    /// - Throws: ``StoreError/Code/invalidStorageClass`` for one that is unknown or not to be had.
    public init(_ name: String) throws(StoreError) {
        guard let found = Self.all.first(where: { $0.rawValue == name }) else {
            throw StoreError(
                .invalidStorageClass,
                "The storage class \(name.prefix(80).debugDescription) is not to be had; there are "
                    + Self.all.map(\.rawValue).joined(separator: ", ") + ".")
        }
        self = found
    }

    init?(number: UInt8) {
        guard let found = Self.all.first(where: { $0.number == number }) else { return nil }
        self = found
    }

    /// S3's name.
    public var description: String { rawValue }
}
