import Testing

@testable import Strongroom

@Suite("Names")
struct NameTests {
    @Test(
        "S3's rules for bucket names",
        arguments: ["abc", "a.b-c", "0ab", String(repeating: "a", count: 63), "my.bucket.1"])
    func goodBucketNames(name: String) throws {
        #expect(try BucketName(name).rawValue == name)
    }

    @Test(
        "Bucket names that break them",
        arguments: [
            "", "ab", String(repeating: "a", count: 64), "Abc", "a_b", "-ab", "ab-", ".ab", "ab.", "a..b",
            "192.168.5.4",
            "xn--abc", "sthree-abc", "abc-s3alias", "abc--ol-s3", "a b", "a/b", "äbc", "a\nb", "..",
        ])
    func badBucketNames(name: String) {
        #expect { try BucketName(name) } throws: { ($0 as? StoreError)?.code == .invalidBucketName }
    }

    @Test("Keys are 1 to 1,024 bytes of UTF-8, any content")
    func keys() throws {
        for key in ["a", "..", "/", "a//b", "\u{0}", String(repeating: "é", count: 512), "\r\n\u{1b}[2J"] {
            #expect(try ObjectKey(key).rawValue == key)
        }
        for key in ["", String(repeating: "é", count: 512) + "x"] {
            #expect { try ObjectKey(key) } throws: { ($0 as? StoreError)?.code == .invalidObjectKey }
        }
    }

    @Test("Keys are bytes: composed and decomposed letters are different keys, in byte order")
    func keysAreBytes() {
        let composed: ObjectKey = "\u{e9}"
        let decomposed: ObjectKey = "e\u{301}"
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
        let emoji: ObjectKey = "😀"
        let halfwidth: ObjectKey = "\u{ff61}"
        #expect(halfwidth < emoji, "UTF-8 order, not UTF-16's")
    }
}
