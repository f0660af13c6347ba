/// `CORSConfiguration`
package struct CrossOriginDocument: Sendable {
    package struct Rule: Sendable, Equatable {
        var id: String?
        package var allowedOrigins: [String]
        package var allowedMethods: [String]
        var allowedHeaders: [String]
        var exposedHeaders: [String]
        var maximumAgeSeconds: Int?
    }

    /// S3's limit.
    static let ruleCountMaximum = 100
    private static let methods: Set<String> = ["GET", "PUT", "HEAD", "POST", "DELETE"]

    package var rules: [Rule]

    /// - Throws: `MalformedXML`, `InvalidRequest`.
    package init(_ root: DocumentElement) throws(S3Error) {
        try root.check(known: ["CORSRule"])
        guard (1...Self.ruleCountMaximum).contains(root.children.count) else {
            throw .malformedXML("There are 1 to \(Self.ruleCountMaximum) rules.")
        }
        rules = try root.children.map { element throws(S3Error) in try Self.rule(element) }
    }

    private static func rule(_ element: DocumentElement) throws(S3Error) -> Rule {
        try element.check(
            known: ["ID", "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader", "MaxAgeSeconds"])
        let rule = Rule(
            id: try element.text(of: "ID"), allowedOrigins: element.all("AllowedOrigin").map(\.text),
            allowedMethods: element.all("AllowedMethod").map(\.text),
            allowedHeaders: element.all("AllowedHeader").map(\.text),
            exposedHeaders: element.all("ExposeHeader").map(\.text),
            maximumAgeSeconds: try element.number("MaxAgeSeconds"))
        guard !rule.allowedOrigins.isEmpty, !rule.allowedMethods.isEmpty else {
            throw .malformedXML("A rule has an AllowedOrigin and an AllowedMethod.")
        }
        for method in rule.allowedMethods where !methods.contains(method) {
            throw .invalidRequest(
                "Found unsupported HTTP method in CORS config. Unsupported method is \(method.prefix(32))")
        }
        for pattern in rule.allowedOrigins + rule.allowedHeaders where pattern.filter({ $0 == "*" }).count > 1 {
            throw .invalidRequest("\(pattern.prefix(128)) can not have more than one wildcard.")
        }
        // They become headers of answers.
        for text in rule.exposedHeaders + rule.allowedOrigins
        where !text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) {
            throw .invalidRequest("A rule has a name or an origin that is none.")
        }
        return rule
    }

    /// The first rule for a request from that origin.
    package func rule(origin: String, method: String, headers: [String]) -> Rule? {
        rules.first { rule in
            rule.allowedMethods.contains(method) && rule.allowedOrigins.contains { Self.matches(origin, $0) }
                && headers.allSatisfy { header in
                    rule.allowedHeaders.contains { Self.matches(header.lowercased(), $0.lowercased()) }
                }
        }
    }

    /// Whether a text is like a pattern with at most one asterisk.
    private static func matches(_ text: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return text == pattern }
        return text.utf8.count >= parts[0].utf8.count + parts[1].utf8.count && text.hasPrefix(parts[0])
            && text.hasSuffix(parts[1])
    }
}
