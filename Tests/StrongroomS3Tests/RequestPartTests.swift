import Foundation
import Testing

@testable import StrongroomS3Protocol

/// Attack 32, beside what is no attack.
@Suite("Parts of requests") struct RequestPartTests {
    @Test("a path is a bucket and a key, and nothing in it is resolved")
    func paths() {
        func target(_ path: String, host: String = "127.0.0.1:9000") -> RequestTarget {
            RequestTarget(path: path, host: host, domains: ["s3.example.com"])
        }
        #expect(target("/") == RequestTarget(bucket: nil, key: nil))
        #expect(target("/b") == RequestTarget(bucket: "b", key: nil))
        #expect(target("/b/") == RequestTarget(bucket: "b", key: nil))
        #expect(target("/b//") == RequestTarget(bucket: "b", key: "/"))
        #expect(target("/b/a/../c") == RequestTarget(bucket: "b", key: "a/../c"))
        #expect(target("/b/./a") == RequestTarget(bucket: "b", key: "./a"))
        #expect(target("/k/l", host: "b.s3.example.com") == RequestTarget(bucket: "b", key: "k/l"))
        #expect(target("/k", host: "B.S3.Example.COM:443") == RequestTarget(bucket: "b", key: "k"))
        #expect(target("/k", host: "a.b.s3.example.com") == RequestTarget(bucket: "a.b", key: "k"))
        #expect(target("/b/k", host: "s3.example.com") == RequestTarget(bucket: "b", key: "k"))
        #expect(target("/b/k", host: "evils3.example.com") == RequestTarget(bucket: "b", key: "k"))
        #expect(target("/b/k", host: "[::1]:9000") == RequestTarget(bucket: "b", key: "k"))
        #expect(target("//k", host: "h") == RequestTarget(bucket: "", key: "k"))
    }

    @Test("a copy's source is decoded once")
    func copySources() throws {
        func source(_ text: String) throws -> CopySource {
            try CopySource(RequestHeaders([("x-amz-copy-source", text)]))
        }
        #expect(try source("b/k").target == RequestTarget(bucket: "b", key: "k"))
        #expect(try source("/b/a%2Fb%3Fc+d").target == RequestTarget(bucket: "b", key: "a/b?c+d"))
        #expect(try source("b/a%252F").target == RequestTarget(bucket: "b", key: "a%2F"))
        #expect(try source("b/../c/k").target == RequestTarget(bucket: "b", key: "../c/k"))
        #expect(try source("b/k?versionId=v").versionID == "v")
        for text in [
            "", "b", "b/", "/", "b/k?x=1", "b/%zz", "b/%C0%AF", "arn:aws:s3:us-east-1:1:accesspoint/a/object/k",
        ] {
            #expect(throws: S3Error.self) { try source(text) }
        }
    }

    @Test("a range is what is there of it")
    func ranges() {
        func bytes(_ text: String, _ size: UInt64 = 10) -> Range<UInt64>? {
            ByteRange(header: text)?.resolved(sizeBytes: size)
        }
        #expect(bytes("bytes=0-0") == 0..<1)
        #expect(bytes("bytes=2-") == 2..<10)
        #expect(bytes("bytes=-3") == 7..<10)
        #expect(bytes("bytes=-30") == 0..<10)
        #expect(bytes("bytes=5-99999999999999999999999") == 5..<10)
        #expect(bytes("bytes=10-") == nil)
        #expect(bytes("bytes=-0") == nil)
        #expect(bytes("bytes=0-", 0) == nil)
        for text in [
            "bytes=", "bytes=-", "bytes=3-2", "bytes=0-1,3-4", "bytes=a-b", "items=0-1", "bytes=+1-2", "bytes=1--2",
        ] {
            #expect(ByteRange(header: text) == nil, "\(text)")
        }
    }

    @Test("what comes twice is refused")
    func twice() {
        let headers = RequestHeaders([("A", "1"), ("a", "2")])
        #expect(throws: S3Error.self) { try headers.single("a") }
        #expect(throws: S3Error.self) { try RequestQuery([("a", "1"), ("a", "1")]).single("a") }
        #expect(headers.values("a") == ["1", "2"])
    }

    @Test("moments are read as they are written")
    func moments() throws {
        let text = "Mon, 12 Oct 2009 17:50:30 GMT"
        let date = try #require(TimeText.date(header: text))
        #expect(TimeText.header(date) == text)
        #expect(TimeText.document(date) == "2009-10-12T17:50:30.000Z")
        #expect(TimeText.date(iso8601: "2009-10-12T17:50:30.250Z") == date.addingTimeInterval(0.25))
        for text in ["", "yesterday", "2009-10-12", "Mon, 32 Oct 2009 17:50:30 GMT"] {
            #expect(TimeText.date(header: text) == nil)
        }
    }
}
