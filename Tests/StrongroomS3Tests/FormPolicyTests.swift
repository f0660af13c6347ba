import Foundation
import Testing

@testable import StrongroomS3Protocol

/// What the signed policy of a form lets through (attack 31).
@Suite("Policies of forms") struct FormPolicyTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static func policy(_ conditions: String, expiration: String = "2027-06-01T00:00:00.000Z") -> [UInt8] {
        Array(#"{"expiration":"\#(expiration)","conditions":[\#(conditions)]}"#.utf8)
    }

    private static func allows(_ conditions: String, _ fields: [String: String]) throws -> Bool {
        let policy = try FormPolicy(policy(#"{"bucket":"data"},"# + conditions))
        do throws(S3Error) {
            try policy.check(fields, bucket: "data", now: now)
            return true
        } catch {
            #expect(error.code == "AccessDenied")
            return false
        }
    }

    @Test("Each condition holds for the field that it names, byte for byte")
    func conditions() throws {
        #expect(try Self.allows(#"["eq","$key","a/b"]"#, ["key": "a/b"]))
        #expect(try !Self.allows(#"["eq","$key","a/b"]"#, ["key": "a/c"]))
        #expect(try Self.allows(#"["starts-with","$key","user/"]"#, ["key": "user/../x"]))
        #expect(try !Self.allows(#"["starts-with","$key","user/"]"#, ["key": "use"]))
        #expect(try !Self.allows(#"["starts-with","$key","user/"]"#, [:]))
        #expect(try Self.allows(#"["starts-with","$key",""]"#, ["key": "any"]))
        #expect(try !Self.allows(#"["eq","$key","k"]"#, ["key": "k", "acl": "private"]))
        // Composed and decomposed: Unicode calls them equal, and they are two keys.
        #expect(try !Self.allows(#"["eq","$key","\u00E9"]"#, ["key": "e\u{301}"]))
        #expect(try !Self.allows(#"["starts-with","$key","\u00E9"]"#, ["key": "e\u{301}x"]))
    }

    @Test("A length is a number, and of several ranges all hold")
    func lengths() throws {
        #expect(try FormPolicy(Self.policy(#"["content-length-range",1,10]"#)).lengthBytes == 1...10)
        #expect(try FormPolicy(Self.policy(#"["content-length-range","1","10"]"#)).lengthBytes == 1...10)
        let two = #"["content-length-range",1,10],["content-length-range",5,1000]"#
        #expect(try FormPolicy(Self.policy(two)).lengthBytes == 5...10)
        // The story: what was no whole number was made one.
        for range in [
            "true,10", "0,1.5", "-1,5", "5,1", "1,1e3", "null,3", "18446744073709551616,18446744073709551617",
        ] {
            #expect(throws: S3Error.self, "\(range)") {
                try FormPolicy(Self.policy(#"["content-length-range",\#(range)]"#))
            }
        }
    }

    @Test("A document that readers may take for different ones is refused")
    func documents() throws {
        for text in [
            "[]", "{}", #"{"expiration":"2027-06-01T00:00:00.000Z","conditions":{}}"#,
            #"{"expiration":"2027-06-01T00:00:00.000Z","conditions":[],"conditions":[["eq","$key","k"]]}"#,
            #"{"expiration":"2027-06-01T00:00:00.000Z","conditions":[{"key":"a","key":"b"}]}"#,
            #"{"expiration":"2027-06-01T00:00:00.000Z","conditions":[{"key":"a","acl":"b"}]}"#,
            #"{"expiration":"2027-06-01T00:00:00.000Z","conditions":[["ends-with","$key","k"]]}"#,
            #"{"expiration":"2027-06-01T00:00:00.000Z","conditions":["k"]}"#,
            #"{"expiration":"never","conditions":[]}"#, #"{"expiration":1,"conditions":[]}"#,
        ] {
            #expect(throws: S3Error.self, "\(text)") { try FormPolicy(Array(text.utf8)) }
        }
    }

    @Test("It is for one bucket, which it names, and for a time")
    func scope() throws {
        let named = try FormPolicy(Self.policy(#"{"bucket":"data"},["starts-with","$key",""]"#))
        #expect(throws: S3Error.self) { try named.check(["key": "k"], bucket: "other", now: Self.now) }
        #expect(throws: S3Error.self) {
            try named.check(["key": "k", "bucket": "other"], bucket: "data", now: Self.now)
        }
        let unnamed = try FormPolicy(Self.policy(#"["starts-with","$key",""]"#))
        #expect(throws: S3Error.self) { try unnamed.check(["key": "k"], bucket: "data", now: Self.now) }
        let old = Self.policy(#"{"bucket":"data"},["starts-with","$key",""]"#, expiration: "2027-01-01T00:00:00Z")
        #expect(throws: S3Error.self) { try FormPolicy(old).check(["key": "k"], bucket: "data", now: Self.now) }
    }
}
