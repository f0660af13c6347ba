/// The names of the sums of `KeyUsageIndex`. Integers are big-endian, so that names come in order.
///
///     01 | key | bucket uid (16) | 00 | key version      objects, uploads and Bucket Keys that it wraps
///     01 | key | bucket uid (16) | 01 | Bucket Key id    objects under a Bucket Key, whose row has the version
///     02 | key | bucket uid (16) | version | hour        objects whose lock in compliance mode ends in that hour
///     03 | key | bucket uid (16) | version | moment      those whose lock ends at that moment
///
/// `key` and `version` stand behind their lengths, u16 and u8; the version is empty under a Bucket Key. Hours and
/// moments (milliseconds) are counted from 1970, with the sign's bit turned over. Hours, because in buckets that lock
/// what is put hardly two locks end at one moment: the hours ahead are few, and the hour that it is now is looked at by
/// moments.
enum KeyUsageName {
    private static let useTable: UInt8 = 1
    private static let hourTable: UInt8 = 2
    private static let endTable: UInt8 = 3
    private static let versionKind: UInt8 = 0
    private static let bucketKeyKind: UInt8 = 1
    static let hourMilliseconds: Int64 = 3_600_000

    static func use(_ use: UsedKeys.Use, _ bucketUID: ArraySlice<UInt8>) -> [UInt8] {
        var name = uses(of: use.keyID)
        name += bucketUID
        switch use.wrap {
        case .version(let version):
            name.append(versionKind)
            name += version
        case .bucketKey(let id):
            name.append(bucketKeyKind)
            name += id
        }
        return name
    }

    /// What all names of a key begin with.
    static func all(of keyID: some Collection<UInt8>) -> [[UInt8]] {
        [useTable, hourTable, endTable].map { head($0, keyID) }
    }

    /// What the names of all uses of a key begin with.
    static func uses(of keyID: some Collection<UInt8>) -> [UInt8] { head(useTable, keyID) }

    /// Nil where `name` does not begin with `prefix`, or is none of `use(_:_:)`.
    static func parseUse(_ name: [UInt8], after prefix: [UInt8]) -> (bucketUID: [UInt8], wrap: UsedKeys.Wrap)? {
        guard name.starts(with: prefix), name.count > prefix.count + ObjectRow.uidBytes else { return nil }
        let rest = name.dropFirst(prefix.count + ObjectRow.uidBytes)
        let uid = Array(name.dropFirst(prefix.count).prefix(ObjectRow.uidBytes))
        switch rest.first {
        case versionKind: return (uid, .version(rest.dropFirst()))
        case bucketKeyKind where rest.count == 1 + ObjectRow.uidBytes: return (uid, .bucketKey(rest.dropFirst()))
        default: return nil
        }
    }

    static func lockHour(of end: Int64, _ use: UsedKeys.Use, _ bucketUID: ArraySlice<UInt8>) -> [UInt8] {
        locks(.hours, of: use.keyID, use.wrap, bucketUID) + ordered(hour(of: end))
    }

    static func lockEnd(_ end: Int64, _ use: UsedKeys.Use, _ bucketUID: ArraySlice<UInt8>) -> [UInt8] {
        locks(.moments, of: use.keyID, use.wrap, bucketUID) + ordered(end)
    }

    enum Scale { case hours, moments }

    /// What the names of locks by hour or by moment begin with.
    static func locks(
        _ scale: Scale, of keyID: some Collection<UInt8>, _ wrap: UsedKeys.Wrap, _ bucketUID: some Collection<UInt8>
    ) -> [UInt8] {
        let version = wrap.version
        var name = head(scale == .hours ? hourTable : endTable, keyID)
        name += bucketUID
        name.append(UInt8(truncatingIfNeeded: version.count))
        name += version
        return name
    }

    /// The hour in which a moment lies, also before 1970.
    static func hour(of milliseconds: Int64) -> Int64 {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: hourMilliseconds)
        return remainder < 0 ? quotient - 1 : quotient
    }

    static func ordered(_ number: Int64) -> [UInt8] {
        let bits = UInt64(bitPattern: number) ^ 1 << 63
        return stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt64($0)) }
    }

    /// The hour or the moment at the end of a name.
    static func number(_ name: [UInt8]) -> Int64 {
        Int64(bitPattern: name.suffix(8).reduce(0) { $0 << 8 | UInt64($1) } ^ 1 << 63)
    }

    private static func head(_ table: UInt8, _ keyID: some Collection<UInt8>) -> [UInt8] {
        var name: [UInt8] = []
        // With what follows, as a rule: one allocation for a name.
        name.reserveCapacity(keyID.count + 96)
        name += [table, UInt8(truncatingIfNeeded: keyID.count >> 8), UInt8(truncatingIfNeeded: keyID.count)]
        name += keyID
        return name
    }
}
