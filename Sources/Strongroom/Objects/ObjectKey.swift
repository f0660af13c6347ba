/// The name of an object in its bucket: 1–1,024 bytes of UTF-8, any content. Never used as a file name.
public struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The key itself. Two keys are the same when their bytes are: no Unicode normalization is made.
    public let rawValue: String

    /// Shortest and longest key, in bytes of UTF-8.
    public static let lengthBytes = 1...1_024

    /// - Throws: ``StoreError/Code/invalidObjectKey`` when the key is empty or too long.
    public init(_ rawValue: String) throws(StoreError) {
        let count = rawValue.utf8.count
        guard Self.lengthBytes.contains(count) else {
            throw StoreError(
                .invalidObjectKey,
                "A key has \(Self.lengthBytes.lowerBound) to \(Self.lengthBytes.upperBound) bytes of UTF-8; "
                    + "this one has \(count)."
            )
        }
        self.rawValue = rawValue
    }

    /// The key, unquoted: it may hold any character, control characters included.
    public var description: String { rawValue }

    // Swift's String compares by canonical equivalence; S3 keys are bytes.

    /// Byte equality.
    public static func == (left: ObjectKey, right: ObjectKey) -> Bool {
        left.rawValue.utf8.elementsEqual(right.rawValue.utf8)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        for byte in rawValue.utf8 { hasher.combine(byte) }
        hasher.combine(rawValue.utf8.count)
    }

    /// Byte order of UTF-8, which is S3's order of listing.
    public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }

    /// A key read back from a row; nil where it is no valid key (the row is damaged).
    package init?(storedBytes bytes: some Collection<UInt8>) {
        guard Self.lengthBytes.contains(bytes.count), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        rawValue = text
    }
}

extension ObjectKey: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// An empty or oversized literal is a mistake in the program and traps.
    public init(stringLiteral value: String) {
        do throws(StoreError) {
            self = try ObjectKey(value)
        } catch {
            preconditionFailure(error.message)
        }
    }
}
