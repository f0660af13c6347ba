/// Tags of an object: names and values of the user's own that can be changed without writing the object anew.
///
/// S3's rules: at most 10, names of 1–128 and values of up to 256 characters, of letters, digits, spaces and
/// `+ - = . _ : / @`; names that begin with `aws:` are reserved.
public struct ObjectTags: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// Name to value.
    public let values: [String: String]

    /// No tags.
    public static let none = ObjectTags(checked: [:])

    /// The most tags that an object has.
    public static let countMaximum = 10
    /// The longest name, in UTF-16 code units, as S3 counts.
    public static let nameLengthMaximum = 128
    /// The longest value, in UTF-16 code units, as S3 counts.
    public static let valueLengthMaximum = 256

    init(checked values: [String: String]) { self.values = values }

    /// Checks the tags against S3's rules.
    ///
    /// - Throws: ``StoreError/Code/invalidTag`` with the rule that is broken.
    public init(_ values: [String: String]) throws(StoreError) {
        guard values.count <= Self.countMaximum else {
            throw StoreError(.invalidTag, "An object has at most \(Self.countMaximum) tags, not \(values.count).")
        }
        for (name, value) in values {
            let shown = name.prefix(40).debugDescription
            guard (1...Self.nameLengthMaximum).contains(name.utf16.count) else {
                throw StoreError(
                    .invalidTag, "The tag name \(shown) must have 1 to \(Self.nameLengthMaximum) characters.")
            }
            guard value.utf16.count <= Self.valueLengthMaximum else {
                throw StoreError(
                    .invalidTag, "The value of the tag \(shown) has more than \(Self.valueLengthMaximum) characters.")
            }
            guard !name.lowercased().hasPrefix("aws:") else {
                throw StoreError(.invalidTag, "The tag name \(shown) begins with aws:, which is reserved.")
            }
            guard (name + value).unicodeScalars.allSatisfy(Self.isAllowed) else {
                throw StoreError(
                    .invalidTag,
                    "The tag \(shown) holds a character other than letters, digits, spaces and + - = . _ : / @.")
            }
        }
        self.values = values
    }

    /// Tags that break the rules are a mistake in the program and trap.
    public init(dictionaryLiteral elements: (String, String)...) {
        do throws(StoreError) {
            self = try ObjectTags(Dictionary(elements, uniquingKeysWith: { _, last in last }))
        } catch {
            preconditionFailure(error.message)
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        return properties.isAlphabetic || properties.generalCategory == .decimalNumber
            || properties.generalCategory == .spaceSeparator || "+-=._:/@".unicodeScalars.contains(scalar)
    }
}

/// The tags of one version.
public struct ObjectTagging: Sendable, Hashable {
    /// The tags.
    public var tags: ObjectTags
    /// The version whose they are.
    public var versionID: VersionID
    /// Position of the put of that version in the store's commit order. Changing tags does not change it.
    public var lsn: UInt64
}
