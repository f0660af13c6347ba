import StrongroomPolicy
import Testing

@Suite("Policies of users") struct AttachmentTests {
    private static func text(_ principal: String) -> [UInt8] {
        Array(
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow",\#(principal)"Action":"s3:*","Resource":"*"}}"#.utf8
        )
    }

    @Test("name nobody and are about whoever has them")
    func identity() throws {
        let document = try PolicyDocument(parsing: Self.text(""), attachment: .identity)
        let user = PolicyPrincipal(arn: "arn:aws:iam::000000000000:user/a", account: "000000000000")
        let request = PolicyRequest(principal: user, action: "s3:GetObject", resource: "arn:aws:s3:::b/k")
        #expect(document.decision(for: request) == .allowed(sid: nil))
    }

    @Test("are refused where they name somebody", arguments: [#""Principal":"*","#, #""NotPrincipal":"*","#])
    func named(_ principal: String) {
        let error = #expect(throws: PolicyError.self) {
            try PolicyDocument(parsing: Self.text(principal), attachment: .identity)
        }
        #expect(error?.code == .unknownElement)
    }

    @Test("are no policies of resources, which name somebody")
    func unnamed() {
        let error = #expect(throws: PolicyError.self) { try PolicyDocument(parsing: Self.text("")) }
        #expect(error?.code == .missingElement)
    }
}
