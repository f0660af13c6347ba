internal import Foundation

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
        guard let root = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            Set(root.keys) == ["expiration", "conditions"], let time = root["expiration"] as? String,
            let expiration = TimeText.date(iso8601: time), let list = root["conditions"] as? [Any]
        else { throw Self.invalid("it is no JSON object of an expiration and of conditions") }
        self.expiration = expiration
        conditions = []
        for element in list { try add(element) }
    }

    private mutating func add(_ element: Any) throws(S3Error) {
        if let pairs = element as? [String: Any] {
            guard pairs.count == 1, let (name, value) = pairs.first, let text = value as? String else {
                throw Self.invalid("a condition is one name and one text")
            }
            conditions.append(.equal(field: name.lowercased(), value: text))
            return
        }
        guard let words = element as? [Any], words.count == 3, let kind = (words[0] as? String)?.lowercased() else {
            throw Self.invalid("a condition is an object or a list of three")
        }
        if kind == "content-length-range" {
            guard let least = Self.number(words[1]), let most = Self.number(words[2]), least <= most else {
                throw Self.invalid("content-length-range has two numbers")
            }
            lengthBytes = least...most
            return
        }
        guard let field = words[1] as? String, field.hasPrefix("$"), let text = words[2] as? String else {
            throw Self.invalid("a condition names a field behind a dollar sign, and a text")
        }
        let name = field.dropFirst().lowercased()
        switch kind {
        case "eq": conditions.append(.equal(field: name, value: text))
        case "starts-with": conditions.append(.startsWith(field: name, prefix: text))
        default: throw Self.invalid("there is no condition '\(kind.prefix(32))'")
        }
    }

    private static func number(_ value: Any) -> UInt64? {
        if let text = value as? String { return UInt64(text) }
        guard let number = value as? NSNumber, number.doubleValue >= 0 else { return nil }
        return number.uint64Value
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
        guard fields["bucket"] == nil || fields["bucket"] == bucket else {
            throw .accessDenied("Invalid according to Policy: the form is for another bucket.")
        }
        fields["bucket"] = bucket
        for condition in conditions {
            switch condition {
            case .equal(let field, let value):
                guard fields[field] == value else { throw Self.failed("[\"eq\", \"$\(field)\", \"\(value)\"]") }
            case .startsWith(let field, let prefix):
                guard prefix.isEmpty || fields[field]?.hasPrefix(prefix) == true else {
                    throw Self.failed("[\"starts-with\", \"$\(field)\", \"\(prefix)\"]")
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

    private static func failed(_ condition: String) -> S3Error {
        .accessDenied("Invalid according to Policy: Policy Condition failed: \(condition.prefix(512))")
    }
}
