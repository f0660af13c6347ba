internal import Foundation
internal import StrongroomKeys

/// What the policy of a form allows (Amazon S3 API Reference, "Creating a POST policy").
struct FormPolicy: Sendable {
    enum Condition: Sendable, Equatable {
        case equal(field: String, value: String)
        case startsWith(field: String, prefix: String)
    }

    var expiration: Date
    var conditions: [Condition]
    /// How many bytes the file may have; nil for any number.
    var lengthBytes: ClosedRange<UInt64>?

    /// - Throws: `InvalidPolicyDocument`.
    init(_ bytes: [UInt8]) throws(S3Error) {
        // Narrowly read: two readers that take a document for different policies are a hole in one of them.
        guard let root = try? JSONValue.object(parsing: bytes), Set(root.keys) == ["expiration", "conditions"],
            case .string(let time)? = root["expiration"], let expiration = TimeText.date(iso8601: time),
            case .array(let list)? = root["conditions"]
        else { throw Self.invalid("it is no JSON object of an expiration and of conditions") }
        self.expiration = expiration
        conditions = []
        for element in list { try add(element) }
    }

    private mutating func add(_ element: JSONValue) throws(S3Error) {
        switch element {
        case .object(let pairs):
            guard pairs.count == 1, let (name, value) = pairs.first, case .string(let text) = value else {
                throw Self.invalid("a condition is one name and one text")
            }
            conditions.append(.equal(field: name.lowercased(), value: text))
        case .array(let words):
            guard words.count == 3, case .string(let kind) = words[0] else {
                throw Self.invalid("a condition is an object or a list of three")
            }
            try add(kind.lowercased(), words[1], words[2])
        default: throw Self.invalid("a condition is an object or a list of three")
        }
    }

    private mutating func add(_ kind: String, _ first: JSONValue, _ second: JSONValue) throws(S3Error) {
        if kind == "content-length-range" {
            guard let least = Self.number(first), let most = Self.number(second), least <= most else {
                throw Self.invalid("content-length-range has two numbers")
            }
            // All conditions hold: of two ranges, what both allow.
            let (lower, upper) = (max(least, lengthBytes?.lowerBound ?? 0), min(most, lengthBytes?.upperBound ?? .max))
            guard lower <= upper else { throw Self.invalid("no length is in all ranges") }
            lengthBytes = lower...upper
            return
        }
        guard case .string(let field) = first, field.hasPrefix("$"), case .string(let text) = second else {
            throw Self.invalid("a condition names a field behind a dollar sign, and a text")
        }
        let name = field.dropFirst().lowercased()
        switch kind {
        case "eq": conditions.append(.equal(field: name, value: text))
        case "starts-with": conditions.append(.startsWith(field: name, prefix: text))
        default: throw Self.invalid("there is no condition '\(kind.prefix(32))'")
        }
    }

    private static func number(_ value: JSONValue) -> UInt64? {
        switch value {
        case .string(let text), .number(let text): UInt64(text)
        default: nil
        }
    }

    private static func invalid(_ reason: String) -> S3Error {
        S3Error(
            400, "InvalidPolicyDocument",
            "The content of the form does not meet the conditions specified in the policy document: \(reason).")
    }

    /// Fields that need no condition: those that the signature is made of, and those that a form may have for itself.
    private static let free: Set<String> = ["x-amz-signature", "file", "policy"]

    /// - Parameters:
    ///   - fields: of the form, names in lower case.
    ///   - bucket: the bucket that the form was sent to, whatever it says of one.
    /// - Throws: `AccessDenied`.
    func check(_ fields: [String: String], bucket: String, now: Date) throws(S3Error) {
        guard now < expiration else { throw .accessDenied("Invalid according to Policy: Policy expired.") }
        var fields = fields
        guard fields["bucket"].map({ $0.utf8.elementsEqual(bucket.utf8) }) ?? true else {
            throw .accessDenied("Invalid according to Policy: the form is for another bucket.")
        }
        fields["bucket"] = bucket
        for condition in conditions {
            switch condition {
            case .equal(let field, let value):
                // Byte for byte, here and below: what Unicode calls equal is another key.
                guard fields[field].map({ $0.utf8.elementsEqual(value.utf8) }) == true else {
                    throw Self.failed("eq", field, value)
                }
            case .startsWith(let field, let prefix):
                guard prefix.isEmpty || fields[field]?.utf8.starts(with: prefix.utf8) == true else {
                    throw Self.failed("starts-with", field, prefix)
                }
            }
        }
        let named = Set(
            conditions.map { condition in
                switch condition {
                case .equal(let field, _), .startsWith(let field, _): field
                }
            })
        for name in fields.keys.sorted() where !named.contains(name) && !Self.free.contains(name) {
            guard !name.hasPrefix("x-ignore-"), name != "bucket" else { continue }
            throw .accessDenied("Invalid according to Policy: Extra input fields: \(name.prefix(128))")
        }
        // Without it a form that was signed for one bucket would be good for all.
        guard named.contains("bucket") else {
            throw .accessDenied("Invalid according to Policy: the policy names no bucket.")
        }
    }

    private static func failed(_ kind: String, _ field: String, _ value: String) -> S3Error {
        // A policy may hold a customer's key, which no answer repeats.
        let value = field.hasSuffix("-customer-key") ? "" : value
        let condition = "[\"\(kind)\", \"$\(field)\", \"\(value)\"]"
        return .accessDenied("Invalid according to Policy: Policy Condition failed: \(condition.prefix(512))")
    }
}
