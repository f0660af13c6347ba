import StrongroomPolicy
import Testing

/// Attacks 26 and 33: their cases begin with their numbers ("threat 26").
@Suite("Policy cases") struct CaseTests {
    @Test("each document is decided on, or refused, as the file says", arguments: PolicyCase.all)
    func outcome(of policyCase: PolicyCase) {
        #expect(policyCase.outcome == policyCase.expectation)
    }

    @Test("there are as many as there should be, each under its own name")
    func complete() {
        let names = PolicyCase.all.map(\.name)
        #expect(names.count >= 300 && Set(names).count == names.count)
        for clause in [
            "a missing key makes StringEquals false", "a missing key makes StringNotEquals true",
            "IfExists is true without the key", "Null true holds where the key is absent",
            "ForAllValues is true on an empty set", "an explicit deny wins over an allow before it",
            "NotPrincipal denies all but the one", "NotAction allows what it does not name",
            "NotResource allows what it does not name", "a policy's key is not the stored one with // in it",
            "nor is one with ./ in it", "nor is one with %2F in it", "${?} is a key that is a question mark",
            "a * that stands in a key is not left to chance: ${*} is that key",
        ] { #expect(names.contains("threat 26: " + clause)) }
        for clause in ["nesting that no policy needs", "a name that comes twice", "a high surrogate alone"] {
            #expect(names.contains("threat 33: " + clause))
        }
    }

    @Test("a message names the place, in one line, and says what to do")
    func messages() {
        for policyCase in PolicyCase.all {
            do throws(PolicyError) {
                _ = try PolicyDocument(parsing: policyCase.document)
            } catch {
                #expect(error.description == "\(error.code) at \(error.position): \(error.message)")
                #expect(error.message.hasSuffix("."))
                #expect(error.position.offset <= policyCase.document.count)
            }
        }
    }
}
