import StrongroomPolicy
import Testing

/// What is too large is refused, or denied; what is as large as may be is decided on.
@Suite("Policy limits") struct LimitTests {
    private let everything =
        #"{"Statement":{"Sid":"All","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#

    private func code(_ document: [UInt8], limitBytes: Int) -> PolicyError.Code? {
        do throws(PolicyError) {
            _ = try PolicyDocument(parsing: document, limitBytes: limitBytes)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func aDocumentMayBeAsLargeAsTheLimitAndNoLarger() {
        let padding = String(repeating: " ", count: PolicyLimits.documentBytesMax - everything.utf8.count)
        let document = Array((everything + padding).utf8)
        #expect(code(document, limitBytes: PolicyLimits.documentBytesMax) == nil)
        #expect(code(document + [0x20], limitBytes: PolicyLimits.documentBytesMax) == .tooLarge)
        #expect(code(document, limitBytes: 10) == .tooLarge)
    }

    @Test(arguments: ["[", #"{"a":"#, #"[{"a":"#])
    func nestingHasALimitHoweverItIsMade(_ opening: String) {
        let document = Array((#"{"Statement":"# + String(repeating: opening, count: 5_000)).utf8)
        #expect(code(document, limitBytes: .max) == .tooDeep)
    }

    /// Nobody reads such a request, so no other policy shall allow it either.
    @Test func aRequestBeyondTheLimitsIsDeniedExplicitly() throws {
        let document = try PolicyDocument(parsing: Array(everything.utf8))
        func decision(_ context: [String: [String]], resource: String = PolicyRequest.key) -> PolicyDecision {
            document.decision(
                for: PolicyRequest(
                    principal: .anonymous, action: "kms:Decrypt", resource: resource, context: context))
        }
        let many = PolicyLimits.requestValuesMax
        #expect(decision(["k": Array(repeating: "", count: many)]) == .allowed(sid: "All"))
        #expect(decision(["k": Array(repeating: "", count: many + 1)]) == .explicitlyDenied(sid: nil))
        let longest = String(repeating: "x", count: PolicyLimits.requestTextBytesMax)
        #expect(decision(["k": [longest]], resource: longest) == .allowed(sid: "All"))
        #expect(decision(["k": ["", longest + "x"]]) == .explicitlyDenied(sid: nil))
        #expect(decision([:], resource: longest + "x") == .explicitlyDenied(sid: nil))
        #expect(decision(["k": Array(repeating: longest, count: 8)]) == .explicitlyDenied(sid: nil))
        let large = String(repeating: "x", count: PolicyLimits.requestBytesMax)
        #expect(decision([large: []]) == .explicitlyDenied(sid: nil))
    }

    /// Values that come a thousand times do not make patterns of a thousand times their size.
    @Test func variablesDoNotMakePatternsGrow() throws {
        let variables = String(repeating: "${k}", count: 7_000)
        let text = everything.replacing(#""Resource":"*""#, with: #""Resource":"arn:aws:s3:::\#(variables)""#)
        let document = try PolicyDocument(
            parsing: Array(#"{"Version":"2012-10-17","#.utf8) + Array(text.utf8.dropFirst()))
        let request = PolicyRequest(
            principal: .anonymous, action: "s3:GetObject", resource: "arn:aws:s3:::x",
            context: ["k": [String(repeating: "x", count: 8_000)]])
        #expect(document.decision(for: request) == .implicitlyDenied)
    }
}
