import StrongroomSignature
import Testing

@testable import StrongroomS3Protocol

/// What listings say where markers, prefixes and delimiters meet.
@Suite("Listings") struct ListingTests {
    private static func bucket(_ keys: [String]) async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        for key in keys {
            #expect(try await fixture.send("PUT", "/data/\(URIEncoding.encode(key, keepsSlash: true))").status == 200)
        }
        return fixture
    }

    private static func texts(_ name: String, in text: String) -> [String] {
        text.split(separator: "<\(name)>").dropFirst().compactMap { $0.split(separator: "<").first.map(String.init) }
    }

    /// The story: a marker before the prefix was where the listing began, and it went on to the prefix's end.
    @Test("A marker that stands before the prefix shows nothing that is not below it")
    func uploads() async throws {
        let fixture = try await Self.bucket([])
        for key in ["alice/x", "b", "home/alice/x", "home/bob/x", "home/bob/y", "z"] {
            #expect(try await fixture.send("POST", "/data/\(key)?uploads").status == 200)
        }
        for (marker, keys) in [
            ("a", ["home/bob/x", "home/bob/y"]), ("home/bob/x", ["home/bob/y"]), ("home/c", []),
        ] as [(String, [String])] {
            let page = try await fixture.send("GET", "/data?uploads&prefix=home/bob/&key-marker=\(marker)")
            #expect(Self.texts("Key", in: page.text) == keys, "\(marker): \(page.text)")
        }
    }

    /// The story: prefixes were compared as characters, an accent belonged to the letter before it, and a listing that
    /// was gone on with from its own marker gave the same page for ever.
    @Test("Keys are bytes: those whose accents stand apart are rolled up and gone on from as all others")
    func accents() async throws {
        let keys = ["cafe\u{301}/a", "cafe\u{301}/b", "caf\u{e9}/c", "caff/d"]
        let fixture = try await Self.bucket(keys)
        let expected = ["cafe%CC%81/", "caff/", "caf%C3%A9/"]
        for (query, marker, next) in [
            ("", "marker", "NextMarker"), ("versions&", "key-marker", "NextKeyMarker"),
            ("uploads&", "key-marker", "NextKeyMarker"),
        ] {
            let prefix = query == "" ? "cafe" : "caf"
            if query == "uploads&" {
                for key in keys {
                    let target = "/data/\(URIEncoding.encode(key, keepsSlash: true))?uploads"
                    #expect(try await fixture.send("POST", target).status == 200)
                }
            }
            var (found, after): ([String], String?) = ([], nil)
            repeat {
                let limit = query == "uploads&" ? "max-uploads" : "max-keys"
                let from = after.map { "&\(marker)=\($0)" } ?? ""
                let page = try await fixture.send(
                    "GET", "/data?\(query)prefix=\(prefix)&delimiter=/&encoding-type=url&\(limit)=1\(from)")
                #expect(page.status == 200, "\(page.text)")
                let prefixes = Self.texts("CommonPrefixes", in: page.text.replacing("<Prefix>", with: ""))
                found += prefixes.map { $0.split(separator: "<")[0].description }
                after = Self.texts(next, in: page.text).first
            } while after != nil && found.count < 10
            #expect(found == (query == "" ? ["cafe%CC%81/"] : expected), "\(query)")
        }
    }

    @Test("A list of access is put on nothing that is not there")
    func accessControlLists() async throws {
        let fixture = try await Self.bucket(["k"])
        let list = [(name: "x-amz-acl", value: "private")]
        for (target, status, code) in [
            ("/data?acl", 200, nil), ("/data/k?acl", 200, nil), ("/none?acl", 404, "NoSuchBucket"),
            ("/data/absent?acl", 404, "NoSuchKey"),
        ] as [(String, Int, String?)] {
            let answer = try await fixture.send("PUT", target, list)
            #expect(answer.status == status && answer.code == code, "\(target): \(answer.text)")
        }
    }
}
