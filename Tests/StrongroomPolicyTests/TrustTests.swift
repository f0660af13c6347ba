import StrongroomPolicy
import Testing

@Suite("Policies that say who may assume a role") struct TrustTests {
    private static let account = "000000000000"
    private static let bob = "arn:aws:iam::\(account):user/bob"
    private static let role = "arn:aws:iam::\(account):role/reader"
    private static let session = "arn:aws:sts::\(account):assumed-role/reader/s1"

    private static func text(
        _ principal: String, action: String = #""Action":"sts:AssumeRole""#, more: String = "", effect: String = "Allow"
    ) -> String {
        #"{"Version":"2012-10-17","Statement":{"Effect":"\#(effect)",\#(principal),\#(action)\#(more)}}"#
    }

    private static func document(_ text: String) throws(PolicyError) -> PolicyDocument {
        try PolicyDocument(parsing: Array(text.utf8), attachment: .trust)
    }

    private static func isAllowed(_ text: String, _ principal: PolicyPrincipal) throws -> Bool {
        try document(text).decision(
            for: PolicyRequest(principal: principal, action: "sts:AssumeRole", resource: role)
        ).isAllowed
    }

    @Test("name principals and actions of STS, and are about the role that has them")
    func trust() throws {
        let user = PolicyPrincipal(arn: Self.bob, account: Self.account)
        #expect(try Self.isAllowed(Self.text(#""Principal":{"AWS":"\#(Self.bob)"}"#), user))
        #expect(try Self.isAllowed(Self.text(#""Principal":{"AWS":"\#(Self.account)"}"#), user))
        #expect(try Self.isAllowed(Self.text(#""Principal":"*""#), user))
        #expect(try !Self.isAllowed(Self.text(#""Principal":{"AWS":"\#(Self.role)"}"#), user))
        #expect(try Self.isAllowed(Self.text(#""Principal":"*""#, action: #""Action":["sts:Assume*"]"#), user))
        #expect(try !Self.isAllowed(Self.text(#""Principal":"*""#, action: #""Action":"sts:TagSession""#), user))
    }

    @Test(
        "are refused for what would be about nothing",
        arguments: [
            (text(#""Principal":"*""#, more: #","Resource":"*""#), PolicyError.Code.unknownElement),
            (text(#""Principal":"*""#, more: #","NotResource":"*""#), .unknownElement),
            (text(#""Principal":"*""#, action: #""Action":"s3:GetObject""#), .invalidAction),
            (text(#""Principal":"*""#, action: #""Action":["sts:AssumeRole","*"]"#), .invalidAction),
            (text(#""Principal":"*""#, action: #""NotAction":"sts:AssumeRole""#), .invalidAction),
            (text(#""Principal":{"Service":"ec2.amazonaws.com"}"#), .invalidPrincipal),
            (text(#""Principal":{"Federated":"cognito-identity.amazonaws.com"}"#), .invalidPrincipal),
            (text(#""Principal":{"CanonicalUser":"\#(String(repeating: "a", count: 64))"}"#), .invalidPrincipal),
            (text(#""NotPrincipal":{"AWS":"\#(bob)"}"#), .conflictingElements),
            (text(#""NotPrincipal":{"AWS":"\#(bob)"}"#, effect: "Deny"), .unknownElement),
            (text(#""Sid":"nobody""#), .missingElement),
        ])
    func refused(_ text: String, _ code: PolicyError.Code) {
        let error = #expect(throws: PolicyError.self) { try Self.document(text) }
        #expect(error?.code == code, "\(text)")
    }

    @Test("a session is known by its role's name, and alone by its own")
    func sessions() throws {
        let whole = PolicyPrincipal(arn: Self.session, account: Self.account, roleARN: Self.role)
        // By whom a statement names: the session itself, one without the account, and the session alone.
        let cases: [(principal: String, outcome: [Bool])] = [
            (#"{"AWS":"\#(Self.session)"}"#, [true, true, true]), (#"{"AWS":"\#(Self.role)"}"#, [true, true, false]),
            (#""*""#, [true, true, false]), (#"{"AWS":"*"}"#, [true, true, false]),
            (#"{"AWS":"\#(Self.account)"}"#, [true, false, false]),
            (#"{"AWS":"arn:aws:iam::\#(Self.account):root"}"#, [true, false, false]),
            (#"{"AWS":"\#(Self.bob)"}"#, [false, false, false]),
        ]
        for (principal, outcome) in cases {
            let text = Self.text(#""Principal":\#(principal)"#)
            let found = try [whole, whole.withoutAccount, whole.sessionAlone].map { try Self.isAllowed(text, $0) }
            #expect(found == outcome, "\(principal)")
        }
    }
}
