#if CommandLineTool
import Foundation
import Testing

/// Versions, conditions, copies and tags as scripts see them.
@Suite("Command line: versions")
struct VersionCommandTests {
    private func makeStore(_ strongroom: borrowing Strongroom) throws {
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "notes", "--versioning").status == 0)
        #expect(try strongroom("bucket", "create", "plain").status == 0)
    }

    /// Puts the text; returns the line that `put` printed.
    private func put(
        _ text: String, _ place: String, _ options: String..., into strongroom: borrowing Strongroom
    ) throws -> [String: Any] {
        let result = try strongroom.run(["put", "-", place, "--json"] + options, input: Data(text.utf8))
        #expect(result.status == 0, "\(result.errors)")
        return try #require(result.lines.first)
    }

    private func text(_ arguments: String..., from strongroom: borrowing Strongroom) throws -> String? {
        let result = try strongroom.run(["get"] + arguments)
        return result.status == 0 ? result.output : nil
    }

    private func isRefused(_ result: Strongroom.Result, _ code: String) -> Bool {
        let message = result.error?["message"] as? String
        return result.status == 1 && result.error?["code"] as? String == code && message?.isEmpty == false
    }

    @Test("a bucket says whether it keeps versions, and never becomes unversioned again")
    func bucketVersioning() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        func state(_ arguments: String...) throws -> String? {
            try strongroom.run(["bucket"] + arguments + ["--json"]).lines.first?["versioning"] as? String
        }
        #expect(try state("versioning", "notes") == "enabled")
        #expect(try state("versioning", "plain") == "unversioned")
        #expect(try state("versioning", "notes", "--set", "suspended") == "suspended")
        #expect(try state("show", "notes") == "suspended")
        #expect(try strongroom("bucket", "versioning", "notes").output.contains("versioning suspended"))
        #expect(try strongroom("bucket", "versioning", "notes", "--set", "unversioned").status == 64)
        #expect(isRefused(try strongroom("bucket", "versioning", "nowhere", "--json"), "noSuchBucket"))
    }

    @Test("old versions are read, listed, brought back by a copy, and deleted for good")
    func versions() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let first = try #require(put("one", "notes/a", into: strongroom)["versionId"] as? String)
        let second = try #require(put("two!", "notes/a", into: strongroom)["versionId"] as? String)
        #expect(first.count == 32 && first != second)
        #expect(try text("notes/a", "-", from: strongroom) == "two!")
        #expect(try text("notes/a", "-", "--version-id", first, from: strongroom) == "one")
        #expect(try text("notes/a", "-", "--version-id", first, "--range", "-2", from: strongroom) == "ne")
        let head = try strongroom("head", "notes/a", "--version-id", first, "--json").lines.first
        #expect(head?["versionId"] as? String == first && head?["size"] as? Int == 3)

        let deleted = try strongroom("delete", "notes/a", "--json").lines.first
        let marker = try #require(deleted?["versionId"] as? String)
        #expect(deleted?["isDeleteMarker"] as? Bool == true && deleted?["existed"] as? Bool == true)
        #expect(isRefused(try strongroom("head", "notes/a", "--json"), "noSuchKey"))
        #expect(isRefused(try strongroom("head", "notes/a", "--version-id", marker, "--json"), "methodNotAllowed"))
        #expect(try strongroom("list", "notes", "--json").output == "")

        let lines = try strongroom("list", "notes", "--versions", "--json").lines
        #expect(lines.map { $0["versionId"] as? String } == [marker, second, first])
        #expect(lines.map { $0["isLatest"] as? Bool } == [true, false, false])
        #expect(lines.map { $0["isDeleteMarker"] as? Bool } == [true, false, false])
        #expect(lines.map { $0["size"] as? Int } == [nil, 4, 3])
        #expect(lines.allSatisfy { $0["key"] as? String == "a" && $0["lastModified"] is String })
        #expect(lines.map { $0["etag"] is String } == [false, true, true])

        let copied = try strongroom("copy", "notes/a", "notes/a", "--source-version-id", first, "--json")
        #expect(copied.status == 0)
        #expect(try text("notes/a", "-", from: strongroom) == "one")
        let newest = try #require(copied.lines.first?["versionId"] as? String)
        for version in [newest, marker] {
            #expect(try strongroom("delete", "notes/a", "--version-id", version).status == 0)
        }
        #expect(try text("notes/a", "-", from: strongroom) == "two!")
        let gone = try strongroom("delete", "notes/a", "--version-id", marker, "--json")
        #expect(gone.status == 0 && gone.lines.first?["existed"] as? Bool == false)
        #expect(isRefused(try strongroom("get", "notes/a", "-", "--version-id", newest, "--json"), "noSuchVersion"))
    }

    @Test("a delete says what it did, of what was not there too")
    func deletes() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try strongroom("delete", "plain/k").output == "there was no \"k\"\n")
        #expect(try strongroom("delete", "notes/k").output.hasPrefix("there was no \"k\", delete marker "))
        let lines = try strongroom("list", "notes", "--versions", "--json").lines
        let marker = try #require(lines.first?["versionId"] as? String)
        let deleted = try strongroom("delete", "notes/k", "--version-id", marker).output
        #expect(deleted == "deleted version \(marker) of \"k\"\n")
        #expect(try strongroom("bucket", "delete", "notes").status == 0)
    }

    @Test("a listing of versions goes by prefix, delimiter, start and limit, as one of objects does")
    func listing() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        for key in ["a", "b/1", "b/2", "c", "c"] { _ = try put(key, "notes/\(key)", into: strongroom) }
        func names(_ options: String...) throws -> [String] {
            try strongroom.run(["list", "notes", "--versions", "--json"] + options).lines
                .compactMap { ($0["key"] ?? $0["prefix"]) as? String }
        }
        #expect(try names() == ["a", "b/1", "b/2", "c", "c"])
        #expect(try names("--delimiter", "/") == ["a", "b/", "c", "c"])
        #expect(try names("--prefix", "b/") == ["b/1", "b/2"])
        #expect(try names("--start-after", "b/1") == ["b/2", "c", "c"])
        #expect(try names("--limit", "4") == ["a", "b/1", "b/2", "c"])
        let people = try strongroom("list", "notes", "--versions", "--prefix", "c").output.split(separator: "\n")
        #expect(people.map { $0.hasSuffix("latest") } == [true, false])
    }

    @Test("without versions there is the null version, and suspension writes it")
    func nullVersion() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        #expect(try put("x", "plain/k", into: strongroom)["versionId"] as? String == "null")
        #expect(try strongroom("bucket", "versioning", "plain", "--set", "enabled").status == 0)
        #expect(try put("y", "plain/k", into: strongroom)["versionId"] as? String != "null")
        #expect(try text("plain/k", "-", "--version-id", "null", from: strongroom) == "x")
        #expect(try strongroom("bucket", "versioning", "plain", "--set", "suspended").status == 0)
        #expect(try put("z", "plain/k", into: strongroom)["versionId"] as? String == "null")
        let lines = try strongroom("list", "plain", "--versions", "--json").lines
        #expect(lines.count == 2 && lines.first?["versionId"] as? String == "null")
        #expect(try text("plain/k", "-", "--version-id", "null", from: strongroom) == "z")
    }

    @Test("a put or delete whose condition fails changes nothing, and says why")
    func conditions() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let etag = try #require(put("1", "plain/k", "--if-none-match", "*", into: strongroom)["etag"] as? String)
        func attempt(_ options: String...) throws -> Strongroom.Result {
            try strongroom.run(["put", "-", "plain/k", "--json"] + options, input: Data("other".utf8))
        }
        #expect(isRefused(try attempt("--if-none-match", "*"), "preconditionFailed"))
        #expect(isRefused(try attempt("--if-match", "0-1"), "preconditionFailed"))
        let absent = try strongroom("put", "-", "plain/none", "--if-match", etag, "--json", input: Data())
        #expect(isRefused(absent, "noSuchKey"))
        #expect(isRefused(try strongroom("delete", "plain/k", "--if-match", "0-1", "--json"), "preconditionFailed"))
        #expect(try text("plain/k", "-", from: strongroom) == "1")
        #expect(try put("2", "plain/k", "--if-match", etag, into: strongroom)["etag"] as? String != etag)
        #expect(isRefused(try attempt("--if-match", etag), "preconditionFailed"))
        #expect(try attempt("--if-match", "*").status == 0)
        let current = try #require(
            strongroom("head", "plain/k", "--json").lines.first?["etag"] as? String)
        #expect(try strongroom("delete", "plain/k", "--if-match", "\"\(current)\"").status == 0)
        #expect(try text("plain/k", "-", from: strongroom) == nil)
    }

    @Test("wrong usage of the options ends with 64, before anything is done")
    func usage() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let wrong = [
            ["put", "-", "plain/k", "--if-none-match", "abc"],
            ["put", "-", "plain/k", "--if-none-match", "*", "--if-match", "abc"],
            ["put", "-", "plain/k", "--tag", "novalue"],
            ["put", "-", "plain/k", "--tag", "a=1", "--tag", "a=2"],
            ["delete", "plain/k", "--version-id", "null", "--if-match", "abc"],
            ["copy", "plain/k"], ["copy", "plain", "plain/k"],
            ["copy", "plain/k", "plain/l", "--metadata", "a=1", "--metadata", "a=2"],
            ["tag", "plain/k", "--set", "a=1", "--clear"], ["tag", "plain/k", "--set", "a=1", "--set", "a=2"],
        ]
        for arguments in wrong {
            let result = try strongroom.run(arguments + ["--json"])
            #expect(result.status == 64 && result.error?["code"] as? String == "usage", "\(arguments)")
        }
        #expect(try strongroom("list", "plain", "--versions", "--json").output == "")
    }

    @Test("what the store cannot keep is refused with a code of its own")
    func badInput() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        func put(_ options: String...) throws -> Strongroom.Result {
            try strongroom.run(["put", "-", "plain/k", "--json"] + options, input: Data("x".utf8))
        }
        let glacier = try put("--storage-class", "GLACIER")
        #expect(isRefused(glacier, "invalidStorageClass"))
        #expect((glacier.error?["message"] as? String)?.contains("STANDARD_IA") == true)
        #expect(isRefused(try put("--tag", "aws:x=1"), "invalidTag"))
        #expect(isRefused(try put("--tag", "a=<1>"), "invalidTag"))
        #expect(isRefused(try put("--cache-control", "a\nb"), "invalidMetadata"))
        #expect(isRefused(try put("--expires", String(repeating: "x", count: 1_025)), "invalidMetadata"))
        #expect(try strongroom("list", "plain", "--json").output == "")
        for command in [["get", "plain/k", "-"], ["head", "plain/k"], ["delete", "plain/k"], ["tag", "plain/k"]] {
            let result = try strongroom.run(command + ["--version-id", "v1", "--json"])
            #expect(isRefused(result, "invalidArgument"), "\(command)")
        }
        #expect(
            isRefused(
                try strongroom("copy", "plain/k", "plain/l", "--source-version-id", "v1", "--json"), "invalidArgument"))
        #expect(isRefused(try strongroom("copy", "plain/k", "plain/l", "--json"), "noSuchKey"))
        #expect(isRefused(try strongroom("copy", "plain/k", "nowhere/l", "--json"), "noSuchKey"))
        #expect(isRefused(try strongroom("tag", "plain/k", "--json"), "noSuchKey"))
    }

    @Test("head shows what put said; a copy keeps it, but for what it says anew")
    func headersAndCopies() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        _ = try put(
            "body", "plain/k", "--content-type", "text/plain", "--cache-control", "no-store", "--content-disposition",
            "inline", "--content-encoding", "identity", "--content-language", "de", "--expires", "0", "--storage-class",
            "STANDARD_IA", "--metadata", "a=1", "--metadata", "b=2", "--tag", "t=u", into: strongroom)
        func head(_ place: String) throws -> [String: Any] {
            try #require(strongroom("head", place, "--json").lines.first)
        }
        let expected = [
            "contentType": "text/plain", "cacheControl": "no-store", "contentDisposition": "inline",
            "contentEncoding": "identity", "contentLanguage": "de", "expires": "0",
        ]
        func headers(_ head: [String: Any]) -> [String: String] {
            head.filter { expected.keys.contains($0.key) }.compactMapValues { $0 as? String }
        }
        let source = try head("plain/k")
        #expect(headers(source) == expected)
        #expect(source["storageClass"] as? String == "STANDARD_IA" && source["versionId"] as? String == "null")
        #expect(source["tagCount"] as? Int == 1)
        let people = try strongroom("head", "plain/k").output
        for word in ["STANDARD_IA", "no-store", "inline", "identity", "\"de\"", "tags"] {
            #expect(people.contains(word), "\(word)")
        }

        #expect(try strongroom("copy", "plain/k", "notes/whole").status == 0)
        let whole = try head("notes/whole")
        #expect(headers(whole) == expected)
        #expect(whole["metadata"] as? [String: String] == ["a": "1", "b": "2"])
        #expect(whole["storageClass"] as? String == "STANDARD" && whole["tagCount"] as? Int == 1)

        let options = [
            "--metadata", "c=3", "--content-type", "text/html", "--sse", "none", "--storage-class", "GLACIER_IR",
        ]
        #expect(try strongroom.run(["copy", "plain/k", "plain/anew"] + options).status == 0)
        let anew = try head("plain/anew")
        #expect(headers(anew) == expected.merging(["contentType": "text/html"]) { $1 })
        #expect(anew["metadata"] as? [String: String] == ["c": "3"])
        #expect(anew["storageClass"] as? String == "GLACIER_IR")
        #expect(anew["serverSideEncryption"] as? String == "none")
        #expect(try text("plain/anew", "-", from: strongroom) == "body")

        #expect(try strongroom("copy", "plain/k", "plain/typed", "--content-type", "text/html").status == 0)
        let typed = try head("plain/typed")
        #expect(typed["metadata"] as? [String: String] == ["a": "1", "b": "2"])
        #expect(typed["contentType"] as? String == "text/html")
    }

    @Test("tags are shown, replaced and cleared, of the version named")
    func tags() throws {
        let strongroom = try Strongroom()
        try makeStore(strongroom)
        let first = try put("1", "notes/k", "--tag", "state=draft", "--tag", "who=a b", into: strongroom)
        let version = try #require(first["versionId"] as? String)
        _ = try put("2", "notes/k", into: strongroom)
        func tags(_ options: String...) throws -> [String: String]? {
            try strongroom.run(["tag", "notes/k", "--json"] + options).lines.first?["tags"] as? [String: String]
        }
        #expect(try tags() == [:])
        #expect(try strongroom("tag", "notes/k").output == "no tags\n")
        #expect(try tags("--version-id", version) == ["state": "draft", "who": "a b"])
        #expect(try strongroom("tag", "notes/k", "--version-id", version).output.contains("\"state\" = \"draft\"\n"))
        #expect(try tags("--set", "state=done", "--version-id", version) == ["state": "done"])
        #expect(try tags("--version-id", version) == ["state": "done"])
        #expect(try tags() == [:])
        #expect(try tags("--version-id", version, "--clear") == [:])
        #expect(try tags("--version-id", version) == [:])
        let unchanged = try strongroom("head", "notes/k", "--version-id", version, "--json").lines.first
        #expect(unchanged?["etag"] as? String == first["etag"] as? String)
        #expect(isRefused(try strongroom("tag", "notes/k", "--set", "aws:a=1", "--json"), "invalidTag"))
        let many = (0..<11).flatMap { ["--set", "t\($0)=1"] }
        #expect(isRefused(try strongroom.run(["tag", "notes/k", "--json"] + many), "invalidTag"))
    }
}
#endif
