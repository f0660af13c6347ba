#if CommandLineTool
import Foundation
import Strongroom
import SystemPackage
import Testing

/// Unfinished uploads as scripts see them. An application left them behind.
@Suite("Command line: uploads")
struct UploadCommandTests {
    private func leaveBehind(_ strongroom: borrowing Strongroom) async throws -> [String] {
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let store = try await Store.open(at: FilePath(strongroom.store.path))
        let bucket = try await store.createBucket("videos")
        let talk = try await bucket.createUpload(
            "talk \"1\"", options: PutOptions(storageClass: .standardInfrequentAccess)
        ).id
        for number in [1, 3] {
            try await bucket.uploadPart(number, of: "talk \"1\"", talk, [UInt8](repeating: 1, count: 10 * number))
        }
        let other = try await bucket.createUpload("z/other").id
        try await store.close()
        return [talk.description, other.description]
    }

    @Test("uploads and their parts are listed, and aborted one by one")
    func uploads() async throws {
        let strongroom = try Strongroom()
        let ids = try await leaveBehind(strongroom)
        let uploads = try strongroom("upload", "list", "videos", "--json").lines
        #expect(uploads.map { $0["key"] as? String } == ["talk \"1\"", "z/other"])
        #expect(uploads.map { $0["uploadId"] as? String } == ids)
        #expect(uploads.map { $0["storageClass"] as? String } == ["STANDARD_IA", "STANDARD"])
        #expect(uploads.allSatisfy { $0["initiated"] is String })
        #expect(try strongroom("upload", "list", "videos", "--prefix", "z", "--json").lines.count == 1)
        #expect(try strongroom("upload", "list", "videos", "--limit", "1", "--json").lines.count == 1)
        #expect(try strongroom("upload", "list", "videos").output.contains("\(ids[1]) \"z/other\"\n"))

        let parts = try strongroom("upload", "parts", "videos/talk \"1\"", ids[0], "--json").lines
        #expect(parts.map { $0["partNumber"] as? Int } == [1, 3])
        #expect(parts.map { $0["size"] as? Int } == [10, 30])
        #expect(parts.allSatisfy { $0["etag"] is String && $0["lastModified"] is String })
        #expect(try strongroom("upload", "parts", "videos/z/other", ids[1]).output == "")

        #expect(try strongroom("bucket", "delete", "videos").status == 1)
        for (key, id) in zip(["talk \"1\"", "z/other"], ids) {
            #expect(try strongroom("upload", "abort", "videos/\(key)", id).status == 0)
            let again = try strongroom("upload", "abort", "videos/\(key)", id, "--json")
            #expect(again.status == 1 && again.error?["code"] as? String == "noSuchUpload")
        }
        #expect(try strongroom("upload", "list", "videos").output == "")
        #expect(try strongroom("bucket", "delete", "videos").status == 0)
    }

    @Test("head tells the checksums and the parts of an object that was uploaded in parts")
    func head() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let store = try await Store.open(at: FilePath(strongroom.store.path))
        let bucket = try await store.createBucket("videos")
        let upload = try await bucket.createUpload("talk", compositeChecksums: [.sha256]).id
        let part = try await bucket.uploadPart(1, of: "talk", upload, Array("123456789".utf8))
        let receipt = try await bucket.completeUpload("talk", upload, parts: [CompletedPart(part)])
        try await store.close()
        let record = try #require(try strongroom("head", "videos/talk", "--json").lines.first)
        #expect(record["partsCount"] as? Int == 1)
        #expect(record["checksumSHA256"] as? String == receipt.checksums.last?.base64)
        #expect((record["checksumSHA256"] as? String)?.hasSuffix("-1") == true)
        // The check value of the algorithm.
        #expect(record["checksumCRC64NVME"] as? String == "rosUhgp5mIg=")
        #expect(record["checksumCRC32"] == nil)
        let people = try strongroom("head", "videos/talk").output
        #expect(people.contains("CRC-64/NVME    rosUhgp5mIg=\n") && people.contains("parts          1\n"))
    }

    @Test("what names no upload is refused")
    func refusals() async throws {
        let strongroom = try Strongroom()
        let ids = try await leaveBehind(strongroom)
        for arguments in [
            ["parts", "videos/z/other", ids[0]], ["abort", "videos/z/other", "x"], ["parts", "videos/none", ids[1]],
        ] {
            let result = try strongroom.run(["upload"] + arguments + ["--json"])
            #expect(result.status == 1 && result.error?["code"] as? String == "noSuchUpload", "\(arguments)")
        }
        let missing = try strongroom("upload", "list", "none", "--json")
        #expect(missing.status == 1 && missing.error?["code"] as? String == "noSuchBucket")
        #expect(try strongroom("upload", "abort", "videos/z/other").status == 64)
    }
}
#endif
