import StrongroomPolicy
import Testing

/// Whatever else a policy says: one more statement that allows takes nothing away, one more that denies gives nothing,
/// and the order of statements does not matter.
@Suite("Policies grow one way") struct MonotonicityTests {
    private struct Chooser {
        var generator: SplitMix64

        mutating func one(of choices: [String]) -> String { choices.randomElement(using: &generator)! }

        /// A statement of few words, so that statements and requests meet; some of its values cannot be read.
        mutating func statement(_ effect: String) -> String {
            let not = effect == "Deny" ? one(of: ["", "Not"]) : ""
            let principal = one(of: ["111122223333", "999999999999", "arn:aws:iam::111122223333:user/alice"])
            let action = one(of: ["kms:*", "kms:Decrypt", "s3:*", "*"])
            let resource = one(of: ["*", "arn:aws:kms:*", "arn:aws:s3:::b/${k}", "arn:aws:s3:::b/*"])
            let selections =
                #""\#(one(of: ["", "Not"]))Action":"\#(action)","\#(one(of: ["", "Not"]))Resource":"\#(resource)""#
            let conditions = one(of: ["", condition(), condition() + "," + condition()])
            return #"{"Effect":"\#(effect)","\#(not)Principal":{"AWS":"\#(principal)"},\#(selections)"#
                + #","Condition":{\#(conditions)}}"#
        }

        private var conditionCount = 0

        init(seed: UInt64) { generator = SplitMix64(state: seed) }

        private mutating func condition() -> String {
            // Names must not come twice; a different quantifier and suffix for each is simplest.
            conditionCount += 1
            let quantifier = one(of: ["", "ForAllValues:", "ForAnyValue:"])
            let (name, value) =
                [
                    ("StringEquals", "a"), ("StringNotLike", "${l}*"), ("NumericLessThan", "5"), ("Bool", "true"),
                    ("NotIpAddress", "192.0.2.0/24"), ("DateNotEquals", "1970-01-01"),
                ].randomElement(using: &generator)!
            let suffix = conditionCount.isMultiple(of: 2) ? "IfExists" : ""
            return #""\#(quantifier)\#(name)\#(suffix)":{"\#(one(of: ["k", "l"]))":"\#(value)"}"#
        }

        mutating func request() -> PolicyRequest {
            let account = one(of: ["111122223333", "999999999999"])
            var context: [String: [String]] = [:]
            for key in ["k", "l"] where Bool.random(using: &generator) {
                context[key] = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                    one(of: ["a", "3", "true", "192.0.2.1", "*", "1970-01-01"])
                }
            }
            return PolicyRequest(
                principal: PolicyPrincipal(arn: "arn:aws:iam::\(account):user/alice", account: account),
                action: one(of: ["kms:Decrypt", "s3:GetObject"]),
                resource: one(of: ["arn:aws:kms:us-east-1:111122223333:key/1", "arn:aws:s3:::b/a", "arn:aws:s3:::b/*"]),
                context: context)
        }
    }

    private func decision(_ statements: [String], _ request: PolicyRequest) throws -> PolicyDecision {
        let text = #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
        return try PolicyDocument(parsing: Array(text.utf8)).decision(for: request)
    }

    @Test func anAllowTakesNothingAwayAndADenyGivesNothing() throws {
        var chooser = Chooser(seed: 3)
        var outcomes: [String: Int] = [:]
        for _ in 0..<1_500 {
            var statements: [String] = []
            for _ in 0..<Int.random(in: 1...4, using: &chooser.generator) {
                statements.append(chooser.statement(chooser.one(of: ["Allow", "Allow", "Deny"])))
            }
            let (request, place) = (chooser.request(), Int.random(in: 0...statements.count, using: &chooser.generator))
            let before = try decision(statements, request)
            var more = statements
            more.insert(chooser.statement("Allow"), at: place)
            let allowed = try decision(more, request)
            #expect(!before.isAllowed || allowed.isAllowed, "\(more) \(request)")
            #expect((before == .explicitlyDenied(sid: nil)) == (allowed == .explicitlyDenied(sid: nil)))
            more[place] = chooser.statement("Deny")
            let denied = try decision(more, request)
            #expect(before.isAllowed || !denied.isAllowed, "\(more) \(request)")
            #expect(before != .explicitlyDenied(sid: nil) || denied == before)
            #expect(try decision(statements.shuffled(using: &chooser.generator), request) == before)
            outcomes["\(before)", default: 0] += 1
        }
        #expect(outcomes.count == 3 && outcomes.values.allSatisfy { $0 > 50 }, "\(outcomes)")
    }

    @Test func aKeysLetterCaseDoesNotMatter() throws {
        var chooser = Chooser(seed: 4)
        for _ in 0..<1_000 {
            let statements = [chooser.statement("Allow"), chooser.statement("Deny")]
            let request = chooser.request()
            let other = PolicyRequest(
                principal: request.principal, action: request.action.uppercased(), resource: request.resource,
                context: Dictionary(
                    uniqueKeysWithValues: request.context.map { ($0.key.uppercased(), $0.value) }))
            #expect(try decision(statements, request) == decision(statements, other))
        }
    }
}
