import Strongroom
import StrongroomKeys
import StrongroomTestSupport
import Testing

@testable import StrongroomS3Protocol

@Suite("Second factors of requests") struct SecondFactorTests {
    private static func policy(_ condition: String, effect: String = "Allow") -> String {
        let allow = #"{"Effect":"Allow","Action":"*","Resource":"*"}"#
        let own = #"{"Effect":"\#(effect)","Action":"*","Resource":"*","Condition":{\#(condition)}}"#
        return #"{"Version":"2012-10-17","Statement":[\#(effect == "Deny" ? allow + "," : "")\#(own)]}"#
    }

    /// How long-term keys, sessions without and sessions with a code fare.
    private static func outcome(_ policy: String, ageSeconds: Int64 = 0) async throws -> [Bool] {
        let fixture = try await TokenServiceFixture()
        let (bob, secret) = try await fixture.guarded("bob", policy: policy)
        let plain = try await fixture.session(as: bob)
        let guarded = try await fixture.session(try fixture.factor("bob", secret), as: bob)
        let later = fixture.s3.at(S3Fixture.now + 1_000 * ageSeconds)
        var outcome: [Bool] = []
        for signer in [bob, plain, guarded] {
            outcome.append(try await later.send("GET", "/", as: signer).status == 200)
        }
        return outcome
    }

    @Test("conditions about it, for each kind of credentials, as AWS documents them")
    func conditions() async throws {
        let present = #""aws:MultiFactorAuthPresent""#
        #expect(try await Self.outcome(Self.policy(#""Bool":{\#(present):"true"}"#)) == [false, false, true])
        #expect(try await Self.outcome(Self.policy(#""Bool":{\#(present):"false"}"#)) == [false, true, false])
        // The pattern that denies all without a second factor, long-term keys among them.
        #expect(
            try await Self.outcome(Self.policy(#""BoolIfExists":{\#(present):"false"}"#, effect: "Deny"))
                == [false, false, true])
        // The one that AWS warns of: it lets long-term keys through.
        #expect(
            try await Self.outcome(Self.policy(#""Bool":{\#(present):"false"}"#, effect: "Deny"))
                == [true, false, true])
        #expect(try await Self.outcome(Self.policy(#""Null":{\#(present):"true"}"#)) == [true, false, false])
        let young = Self.policy(#""NumericLessThan":{"aws:MultiFactorAuthAge":"60"}"#)
        #expect(try await Self.outcome(young, ageSeconds: 59) == [false, false, true])
        #expect(try await Self.outcome(young, ageSeconds: 60) == [false, false, false])
        let issued = TimeText.iso8601(seconds: S3Fixture.now / 1_000)
        #expect(
            try await Self.outcome(Self.policy(#""DateEquals":{"aws:TokenIssueTime":"\#(issued)"}"#))
                == [false, true, true])
    }

    @Test("a code is good once, and only with the serial number of the user's own")
    func codes() async throws {
        let fixture = try await TokenServiceFixture()
        let (bob, secret) = try await fixture.guarded("bob")
        let (eve, _) = try await fixture.guarded("eve")
        let factor = try fixture.factor("bob", secret)
        func refusal(
            _ parameters: [(name: String, value: String)], as signer: S3Fixture.Signer
        ) async throws -> String? {
            let answer = try await fixture.ask("GetSessionToken", parameters, as: signer)
            #expect(answer.status != 200 || answer.code == nil)
            return answer.code
        }
        #expect(try await refusal([factor[0]], as: bob) == "AccessDenied")
        #expect(try await refusal([factor[1]], as: bob) == "AccessDenied")
        #expect(try await refusal(factor, as: eve) == "AccessDenied")
        #expect(try await refusal([factor[0], ("TokenCode", "12345")], as: bob) == "ValidationError")
        #expect(try await refusal([factor[0], ("TokenCode", "+12345")], as: bob) == "ValidationError")
        #expect(try await refusal([("SerialNumber", "x"), factor[1]], as: bob) == "AccessDenied")
        #expect(try await refusal(factor, as: bob) == nil)
        let replayed = try await fixture.ask("GetSessionToken", factor, as: bob)
        #expect(replayed.status == 403 && replayed.element("Message")?.contains("one time pass code") == true)
        // Whoever has none may ask without, and not with one.
        let carol = try await fixture.s3.user("carol")
        #expect(try await refusal([], as: carol) == nil)
        let none = [(name: "SerialNumber", value: "arn:aws:iam::000000000000:mfa/carol"), factor[1]]
        #expect(try await refusal(none, as: carol) == "AccessDenied")
    }

    @Test("whoever guesses is made to wait")
    func guesses() async throws {
        let fixture = try await TokenServiceFixture()
        let (bob, secret) = try await fixture.guarded("bob")
        let right = try fixture.factor("bob", secret)
        let near = try [-1, 0, 1].map { step in
            try fixture.factor("bob", secret, at: S3Fixture.now + step * 30_000)[1].value
        }
        let wrong = try #require(["000000", "000001", "000002", "000003"].first { !near.contains($0) })
        for _ in 0..<3 {
            let answer = try await fixture.ask("GetSessionToken", [right[0], ("TokenCode", wrong)], as: bob)
            #expect(answer.code == "AccessDenied")
        }
        let paused = try await fixture.at(S3Fixture.now, nanoseconds: 1).ask("GetSessionToken", right, as: bob)
        #expect(paused.status == 403 && paused.element("Message")?.contains("too many wrong codes") == true)
        let later = fixture.at(S3Fixture.now, nanoseconds: 1 << 60)
        #expect(try await later.ask("GetSessionToken", right, as: bob).status == 200)
    }

    @Test("the key service learns of it")
    func keyService() async throws {
        var keys = try await KeyServiceFixture()
        var fixture = try await TokenServiceFixture()
        fixture.s3 = keys.s3
        let (bob, secret) = try await fixture.guarded("bob")
        let guarded = try await fixture.session(try fixture.factor("bob", secret), as: bob)
        let plain = try await fixture.session(as: bob)
        let statement =
            #"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/bob"},"Action":"kms:DescribeKey","#
            + #""Resource":"*","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}}}"#
        let own =
            #"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:user/ada"},"Action":"*","#
            + #""Resource":"*"}"#
        let policy = #"{"Version":"2012-10-17","Statement":[\#(own),\#(statement)]}"#
        let key = try await keys.key(["Policy": .string(policy)])
        #expect(try await keys.ask("DescribeKey", ["KeyId": key], as: guarded).status == 200)
        #expect(try await keys.refusal("DescribeKey", ["KeyId": key], as: plain) == "AccessDeniedException")
        #expect(try await keys.refusal("DescribeKey", ["KeyId": key], as: bob) == "AccessDeniedException")
        let later = S3Fixture.now + 60_000
        keys.s3 = keys.s3.at(later)
        let body = JSONValue.object(["KeyId": key]).encoded()
        let old = try await keys.send("TrentService.DescribeKey", body, as: guarded, atMilliseconds: later)
        #expect(old.type == "AccessDeniedException")
    }
}
