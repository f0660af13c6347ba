/// The name of a bucket: 3–63 characters by the rules of S3's general purpose buckets.
///
/// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
public struct BucketName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The name itself.
    public let rawValue: String

    /// Shortest and longest name, in bytes.
    public static let lengthBytes = 3...63

    /// Checks `rawValue` against the rules.
    ///
    /// - Throws: ``StoreError/Code/invalidBucketName`` with the rule that is broken.
    public init(_ rawValue: String) throws(StoreError) {
        if let broken = Self.brokenRule(rawValue) {
            throw StoreError(.invalidBucketName, "\(rawValue.prefix(80).debugDescription) \(broken).")
        }
        self.rawValue = rawValue
    }

    /// The name, unquoted: it holds lowercase letters, digits, dots and hyphens only.
    public var description: String { rawValue }

    /// Byte order.
    public static func < (left: BucketName, right: BucketName) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }

    private static let reservedPrefixes = ["xn--", "sthree-", "amzn-s3-demo-"]
    private static let reservedSuffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]

    private static func brokenRule(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        guard lengthBytes.contains(bytes.count) else {
            return "must have \(lengthBytes.lowerBound) to \(lengthBytes.upperBound) characters"
        }
        guard bytes.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) else {
            return "may hold only lowercase letters, digits, dots and hyphens"
        }
        guard isLetterOrDigit(bytes[0]), isLetterOrDigit(bytes[bytes.count - 1]) else {
            return "must begin and end with a letter or digit"
        }
        guard !zip(bytes, bytes.dropFirst()).contains(where: { $0 == UInt8(ascii: ".") && $1 == $0 }) else {
            return "must not hold two dots in a row"
        }
        if looksLikeAddress(bytes) { return "must not look like an IP address" }
        if let prefix = reservedPrefixes.first(where: name.hasPrefix) { return "begins with the reserved \(prefix)" }
        if let suffix = reservedSuffixes.first(where: name.hasSuffix) { return "ends with the reserved \(suffix)" }
        return nil
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func looksLikeAddress(_ bytes: [UInt8]) -> Bool {
        let groups = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return groups.count == 4
            && groups.allSatisfy { group in
                (1...3).contains(group.count)
                    && group.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
    }
}

extension BucketName: ExpressibleByStringLiteral {
    /// A literal that breaks the rules is a mistake in the program and traps.
    public init(stringLiteral value: String) {
        do throws(StoreError) {
            self = try BucketName(value)
        } catch {
            preconditionFailure(error.message)
        }
    }
}
