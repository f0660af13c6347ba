import Foundation
import StrongroomPolicy
import Testing

/// One row of cases.json: a document, a request and the decision; or a document that is refused, and where.
struct PolicyCase: Sendable, CustomTestStringConvertible {
    enum Expectation: Equatable, Sendable {
        case decision(PolicyDecision)
        case refusal(code: String, line: Int, column: Int?)
    }

    let name: String
    let document: [UInt8]
    let request: PolicyRequest
    let expectation: Expectation

    var testDescription: String { name }

    static let all: [PolicyCase] = {
        do {
            let url = try #require(Bundle.module.url(forResource: "cases", withExtension: "json"))
            let rows = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [[String: Any]])
            return try rows.map(PolicyCase.init)
        } catch {
            Issue.record("cases.json: \(error)")
            return []
        }
    }()

    /// `policy` is the document itself; `text` and `base64` are one that JSON's own writers would not write.
    private init(_ row: [String: Any]) throws {
        name = try #require(row["name"] as? String)
        if let text = row["text"] as? String {
            document = Array(text.utf8)
        } else if let base64 = row["base64"] as? String {
            document = [UInt8](try #require(Data(base64Encoded: base64)))
        } else {
            let policy = try #require(row["policy"], "\(name)")
            document = [UInt8](try JSONSerialization.data(withJSONObject: policy))
        }
        request = PolicyRequest(row["request"] as? [String: Any] ?? [:])
        if let code = row["error"] as? String {
            let line = try #require(row["line"] as? Int, "\(name)")
            expectation = .refusal(code: code, line: line, column: row["column"] as? Int)
        } else {
            expectation = .decision(try PolicyDecision(row: try #require(row["expected"] as? String, "\(name)")))
        }
    }

    var outcome: Expectation {
        do throws(PolicyError) {
            return .decision(try PolicyDocument(parsing: document).decision(for: request))
        } catch {
            var column: Int?
            if case .refusal(_, _, .some) = expectation { column = error.position.column }
            return .refusal(code: error.code.description, line: error.position.line, column: column)
        }
    }
}

extension PolicyRequest {
    static let account = "111122223333"
    static let key = "arn:aws:kms:us-east-1:\(account):key/1234"

    /// What a row does not say is alice's Decrypt with a key of her account.
    fileprivate init(_ row: [String: Any]) {
        func text(_ name: String) -> String? { row[name] as? String }
        let isAnonymous = row["anonymous"] as? Bool ?? false
        let isAlice = !isAnonymous && text("service") == nil
        let account = text("account") ?? (isAlice ? Self.account : "")
        let principal = PolicyPrincipal(
            arn: text("principal") ?? (isAlice ? "arn:aws:iam::\(account):user/alice" : ""), account: account,
            service: text("service"), isAnonymous: isAnonymous, roleARN: text("role"), federated: text("federated"),
            canonicalUser: text("canonicalUser"))
        self.init(
            principal: principal, action: text("action") ?? "kms:Decrypt", resource: text("resource") ?? Self.key,
            context: row["context"] as? [String: [String]] ?? [:])
    }
}

extension PolicyDecision {
    /// Such as "allowed", or "explicitlyDenied:Sid".
    fileprivate init(row text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1)
        let sid = parts.count == 2 ? String(parts[1]) : nil
        let decisions: [Substring: PolicyDecision] = [
            "allowed": .allowed(sid: sid), "explicitlyDenied": .explicitlyDenied(sid: sid),
            "implicitlyDenied": .implicitlyDenied,
        ]
        self = try #require(decisions[parts[0]], "\(text)")
    }
}
