#if CommandLineTool
import Foundation
import Testing

/// Rules of buckets as a script sets and runs them.
@Suite("Command line: lifecycle")
struct LifecycleCommandTests {
    @Test("rules are put, shown, run and removed")
    func rules() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "data").status == 0)
        try strongroom.write("body", Data("x".utf8))
        for key in ["log/a", "log/b", "kept"] {
            #expect(try strongroom("put", strongroom.path("body"), "data/\(key)").status == 0)
        }
        let rules =
            #"{"Rules":[{"Expiration":{"Date":"2020-01-01T00:00:00Z"},"Filter":{"Prefix":"log/"},"ID":"old","#
            + #""NoncurrentVersionExpiration":{"NewerNoncurrentVersions":2,"NoncurrentDays":3},"Status":"Enabled"},"#
            + #"{"Expiration":{"Days":4},"Filter":{"And":{"ObjectSizeLessThan":100,"#
            + #""Tags":[{"Key":"a","Value":"b"}]}},"ID":"x","Status":"Disabled"}]}"#
        #expect(try strongroom("lifecycle", "put", "data", "-", input: Data(rules.utf8)).status == 0)
        let shown = try strongroom("lifecycle", "show", "data")
        #expect(shown.output == rules + "\n")
        let run = try #require(try strongroom("lifecycle", "run", "--json").lines.first)
        #expect(run["buckets"] as? Int == 1 && run["expired"] as? Int == 2 && run["failures"] as? Int == 0)
        #expect(try strongroom("list", "data", "--json").lines.map { $0["key"] as? String } == ["kept"])
        let text = try strongroom("lifecycle", "run", "--bucket", "data").output
        #expect(text.hasPrefix("1 buckets with rules: 0 objects expired"))
        #expect(try strongroom("lifecycle", "remove", "data").status == 0)
        for command in ["show", "remove"] {
            let missing = try strongroom("lifecycle", command, "data", "--json")
            #expect(missing.status == 1 && missing.error?["code"] as? String == "notFound")
        }
    }

    @Test(
        "a rule may have no name, and a date no time of the day", arguments: ["2030-01-02", "2030-01-02T00:00:00.000Z"])
    func short(_ date: String) throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "data").status == 0)
        let rules = #"{"Rules":[{"Status":"Enabled","Filter":{},"Expiration":{"Date":"\#(date)"}}]}"#
        let put = try strongroom("lifecycle", "put", "data", "-", input: Data(rules.utf8))
        #expect(put.status == 0, "\(put.errors)")
        let shown = try strongroom("lifecycle", "show", "data").output
        #expect(shown.contains(#""Date":"2030-01-02T00:00:00Z""#) && shown.contains(#""ID":""#), "\(shown)")
    }

    @Test("rules that are none, or have more in them than is known, are refused")
    func refused() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "data").status == 0)
        func rule(_ more: String) -> String { #"{"Rules":[{"ID":"a","Status":"Enabled","Filter":{}\#(more)}]}"# }
        for (text, code) in [
            ("", "invalidArgument"), ("{}", "invalidArgument"), (#"{"Rules":[]}"#, "invalidRequest"),
            (rule(""), "invalidRequest"), (rule(#","Expiration":{"Days":0}"#), "invalidArgument"),
            (rule(#","Expiration":{}"#), "invalidArgument"),
            (rule(#","Expiration":{"Days":1},"Transitions":[{"Days":1}]"#), "invalidArgument"),
            (rule(#","Expiration":{"Days":1,"Hours":1}"#), "invalidArgument"),
            (rule(#","Expiration":{"Days":"1"}"#), "invalidArgument"),
        ] {
            let answer = try strongroom("lifecycle", "put", "data", "-", "--json", input: Data(text.utf8))
            #expect(answer.status == 1 && answer.error?["code"] as? String == code, "\(text): \(answer.errors)")
        }
        #expect(try strongroom("lifecycle", "show", "data", "--json").error?["code"] as? String == "notFound")
    }
}
#endif
