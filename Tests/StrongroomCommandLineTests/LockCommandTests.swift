#if CommandLineTool
import Foundation
import Testing

/// Object lock as scripts see it.
@Suite("Command line: object lock")
struct LockCommandTests {
    private func makeStore(_ strongroom: borrowing Strongroom) throws {
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "books", "--object-lock").status == 0)
        #expect(try strongroom("bucket", "create", "plain").status == 0)
    }

    /// Puts some text; returns the version.
    private func put(_ place: String, into strongroom: borrowing Strongroom) throws -> String {
        let result = try strongroom("put", "-", place, "--json", input: Data("text".utf8))
        #expect(result.status == 0, "\(result.errors)")
        return try #require(result.lines.first?["versionId"] as? String)
    }

    private func code(_ result: Strongroom.Result) -> String? {
        result.status == 1 ? result.error?["code"] as? String : "status \(result.status)"
    }

    @Test("a bucket says whether it has object lock, and what it retains new objects to")
    func buckets() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        func show(_ arguments: String...) throws -> [String: Any] {
            let result = try strongroom.run(["bucket"] + arguments + ["--json"])
            #expect(result.status == 0, "\(result.errors)")
            return try #require(result.lines.first)
        }
        let books = try show("show", "books")
        #expect(books["objectLockEnabled"] as? Bool == true && books["versioning"] as? String == "enabled")
        #expect(books["defaultRetention"] == nil)
        #expect(try show("object-lock", "plain")["objectLockEnabled"] as? Bool == false)
        #expect(code(try strongroom("bucket", "object-lock", "plain", "--enable", "--json")) == "invalidBucketState")
        _ = try show("versioning", "plain", "--set", "enabled")
        let enabled = try show("object-lock", "plain", "--enable", "--default-mode", "compliance", "--years", "2")
        let retention = try #require(enabled["defaultRetention"] as? [String: Any])
        #expect(retention["mode"] as? String == "COMPLIANCE" && retention["years"] as? Int == 2)
        #expect(retention["days"] == nil)
        let people = try strongroom("bucket", "show", "plain").output
        #expect(people.contains("object lock, by default COMPLIANCE for 2 years"))
        #expect(try show("object-lock", "plain", "--delete-default")["defaultRetention"] == nil)
        #expect(
            code(try strongroom("bucket", "versioning", "plain", "--set", "suspended", "--json"))
                == "invalidBucketState")
    }

    @Test("wrong usage changes nothing")
    func usage() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        _ = try put("books/k", into: strongroom)
        #expect(try strongroom("bucket", "versioning", "plain", "--set", "enabled").status == 0)
        let wrong = [
            ["bucket", "object-lock", "plain", "--enable", "--default-mode", "governance"],
            ["bucket", "object-lock", "plain", "--enable", "--days", "3"],
            ["bucket", "object-lock", "plain", "--enable", "--default-mode", "governance", "--days", "36501"],
            ["bucket", "object-lock", "plain", "--enable", "--default-mode", "governance", "--years", "0"],
            ["bucket", "object-lock", "plain", "--enable", "--default-mode", "soft", "--days", "1"],
            ["bucket", "object-lock", "plain", "--default-mode", "governance", "--days", "1", "--years", "1"],
            ["retention", "books/k", "--mode", "governance"],
            ["retention", "books/k", "--until", "2999-01-01T00:00:00Z"],
            ["retention", "books/k", "--mode", "governance", "--until", "tomorrow"],
            ["retention", "books/k", "--mode", "governance", "--until", "2999-01-01T00:00:00Z", "--clear"],
            ["retention", "books/k", "--bypass-governance-retention"],
            ["legal-hold", "books/k", "maybe"],
            ["delete", "books/k", "--bypass-governance-retention"],
        ]
        for arguments in wrong { #expect(try strongroom.run(arguments).status == 64, "\(arguments)") }
        let plain = try strongroom("bucket", "show", "plain", "--json").lines.first
        #expect(plain?["objectLockEnabled"] as? Bool == false)
        #expect(try strongroom("retention", "books/k").output == "no retention\n")
        #expect(try strongroom("legal-hold", "books/k").output == "legal hold off\n")
    }

    @Test("a retention keeps the version from being deleted, and governance is bypassed only when asked")
    func retention() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let version = try put("books/k", into: strongroom)
        let set = try strongroom(
            "retention", "books/k", "--mode", "governance", "--until", "2999-01-01T00:00:00.250Z", "--json")
        #expect(set.lines.first?["mode"] as? String == "GOVERNANCE", "\(set.errors)")
        #expect(set.lines.first?["retainUntilDate"] as? String == "2999-01-01T00:00:00.250Z")
        #expect(set.lines.first?["versionId"] as? String == version)
        // The moment as printed is no shorter one.
        let same = ["retention", "books/k", "--mode", "GOVERNANCE", "--until", "2999-01-01T00:00:00.250Z"]
        #expect(try strongroom.run(same).status == 0)
        let head = try strongroom("head", "books/k", "--json").lines.first
        #expect(head?["objectLockMode"] as? String == "GOVERNANCE")
        #expect(head?["objectLockRetainUntilDate"] as? String == "2999-01-01T00:00:00.250Z")
        #expect(head?["objectLockLegalHoldStatus"] == nil)
        #expect(try strongroom("head", "books/k").output.contains("retention      GOVERNANCE until 2999-01-01"))

        #expect(code(try strongroom("delete", "books/k", "--version-id", version, "--json")) == "accessDenied")
        #expect(code(try strongroom("retention", "books/k", "--clear", "--json")) == "accessDenied")
        let gone = try strongroom("delete", "books/k", "--version-id", version, "--bypass-governance-retention")
        #expect(gone.status == 0, "\(gone.errors)")

        let other = try put("books/k", into: strongroom)
        let firm = try strongroom(
            "retention", "books/k", "--version-id", other, "--mode", "compliance", "--until", "2999-01-01T00:00:00Z")
        #expect(firm.output == "COMPLIANCE until 2999-01-01T00:00:00Z\n", "\(firm.errors)")
        for arguments in [["delete", "books/k", "--version-id", other], ["retention", "books/k", "--clear"]] {
            let result = try strongroom.run(arguments + ["--bypass-governance-retention", "--json"])
            #expect(code(result) == "accessDenied")
        }
        let past = ["retention", "books/k", "--mode", "governance", "--until", "2001-01-01T00:00:00Z", "--json"]
        #expect(code(try strongroom.run(past)) == "invalidArgument")
        // A delete marker hides the version, and deletes nothing.
        #expect(try strongroom("delete", "books/k").status == 0)
        #expect(try strongroom("get", "books/k", "-", "--version-id", other).output == "text")
    }

    @Test("governance can be cleared by bypassing it, and a default retention reaches new objects alone")
    func defaultRetention() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        _ = try put("books/old", into: strongroom)
        let lock = ["bucket", "object-lock", "books", "--default-mode", "GOVERNANCE", "--days", "30"]
        #expect(try strongroom.run(lock).status == 0)
        _ = try put("books/new", into: strongroom)
        #expect(try strongroom("retention", "books/old").output == "no retention\n")
        #expect(try strongroom("retention", "books/new").output.hasPrefix("GOVERNANCE until 20"))
        let cleared = try strongroom("retention", "books/new", "--clear", "--bypass-governance-retention")
        #expect(cleared.output == "no retention\n", "\(cleared.errors)")
    }

    @Test("a legal hold is set, shown and taken off, and keeps the version meanwhile")
    func legalHold() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let version = try put("books/k", into: strongroom)
        let on = try strongroom("legal-hold", "books/k", "on", "--json")
        #expect(on.lines.first?["status"] as? String == "ON" && on.lines.first?["versionId"] as? String == version)
        #expect(
            try strongroom("head", "books/k", "--json").lines.first?["objectLockLegalHoldStatus"] as? String == "ON")
        #expect(try strongroom("head", "books/k").output.contains("legal hold     on"))
        let delete = ["delete", "books/k", "--version-id", version]
        #expect(code(try strongroom.run(delete + ["--bypass-governance-retention", "--json"])) == "accessDenied")
        #expect(try strongroom("legal-hold", "books/k", "off").output == "legal hold off\n")
        #expect(try strongroom.run(delete).status == 0)
        _ = try put("plain/k", into: strongroom)
        #expect(code(try strongroom("legal-hold", "plain/k", "on", "--json")) == "invalidRequest")
        #expect(code(try strongroom("legal-hold", "books/none", "on", "--json")) == "noSuchKey")
    }

    @Test("the clock of the locks is shown and confirmed")
    func clock() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("clock", "--json").lines.first?["confirmed"] as? Bool == true)
        #expect(try strongroom("clock", "--confirm").output == "locks expire in time\n")
    }
}
#endif
