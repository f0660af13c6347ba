/// Name-value pairs that are bound to a wrapped key and visible to whoever may see the object's metadata.
///
/// Two contexts are equal when their names and values are the same *bytes*; Unicode's canonical
/// equivalence does not count, as it does not for S3. The order in which pairs were given does not
/// count either: they are kept ascending by the bytes of their names.
public struct EncryptionContext: Sendable, Hashable {
    /// One name and its value.
    public struct Pair: Sendable {
        /// The name, unique within its context.
        public let name: String
        /// The value; may be empty.
        public let value: String
    }

    /// Bytes of all names and values together that a context may have (as in S3 and KMS).
    public static let sizeBytesMax = 8192

    /// The pairs, ascending by the bytes of their names.
    public let pairs: [Pair]

    /// The one encoding of this context, fit to be bound into a cipher or to be a cache's key:
    /// `u32 number of pairs | (u32 length | name | u32 length | value)…`, little-endian.
    /// The lengths make it unambiguous: {"a":"bc"} is not {"ab":"c"}.
    public let canonicalBytes: [UInt8]

    /// The context without pairs.
    public static let empty = EncryptionContext(sorted: [])

    /// Fails with `invalidRequest` where a name is empty or comes twice, or the whole is too large.
    public init(_ pairs: some Sequence<(name: String, value: String)>) throws(KeyBackendError) {
        let sorted = pairs.map { Pair(name: $0.name, value: $0.value) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var sizeBytes = 0
        for (index, pair) in sorted.enumerated() {
            if pair.name.isEmpty {
                throw KeyBackendError(
                    .invalidRequest, "An encryption context has an empty name; give each pair a name.")
            }
            if index > 0, sorted[index - 1].name.utf8.elementsEqual(pair.name.utf8) {
                throw KeyBackendError(
                    .invalidRequest, "An encryption context has the name '\(pair.name)' twice; give it one value.")
            }
            sizeBytes += pair.name.utf8.count + pair.value.utf8.count
        }
        if sizeBytes > Self.sizeBytesMax {
            throw KeyBackendError(
                .invalidRequest,
                "An encryption context of \(sizeBytes) bytes is too large; the limit is \(Self.sizeBytesMax) bytes.")
        }
        self.init(sorted: sorted)
    }

    /// Fails as the initializer from a sequence of pairs does.
    public init(_ dictionary: [String: String]) throws(KeyBackendError) {
        try self.init(dictionary.map { (name: $0.key, value: $0.value) })
    }

    /// Reads ``canonicalBytes``; nil where they are not such.
    package init?(canonicalBytes bytes: [UInt8]) {
        var offset = 0
        func integer() -> Int? {
            guard bytes.count - offset >= 4 else { return nil }
            defer { offset += 4 }
            return (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        func text() -> String? {
            guard let count = integer(), bytes.count - offset >= count else { return nil }
            defer { offset += count }
            return String(validating: bytes[offset..<offset + count], as: UTF8.self)
        }
        // Each pair has eight bytes at least: a count that lies does not make a large array.
        guard let count = integer(), count <= bytes.count / 8 else { return nil }
        var pairs: [(name: String, value: String)] = []
        for _ in 0..<count {
            guard let name = text(), let value = text() else { return nil }
            pairs.append((name, value))
        }
        guard offset == bytes.count, let context = try? EncryptionContext(pairs), context.canonicalBytes == bytes
        else { return nil }
        self = context
    }

    private init(sorted: [Pair]) {
        pairs = sorted
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt32(sorted.count))
        for pair in sorted {
            for text in [pair.name, pair.value] {
                bytes.appendLittleEndian(UInt32(text.utf8.count))
                bytes.append(contentsOf: text.utf8)
            }
        }
        canonicalBytes = bytes
    }

    /// Equal in every byte.
    public static func == (left: EncryptionContext, right: EncryptionContext) -> Bool {
        left.canonicalBytes == right.canonicalBytes
    }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(canonicalBytes) }
}

extension [UInt8] {
    /// Appends the integer's bytes, lowest first.
    package mutating func appendLittleEndian(_ value: some FixedWidthInteger & UnsignedInteger) {
        // Safe: the integer's own bytes.
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
    }
}
