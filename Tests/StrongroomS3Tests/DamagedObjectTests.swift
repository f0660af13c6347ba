import Foundation
import StrongroomTestSupport
import SystemPackage
import Testing

@Suite("Damaged objects") struct DamagedObjectTests {
    /// The head of an answer once went out before the body was opened: all that a client saw was a connection that
    /// ended.
    @Test("of few bytes are answered with an error")
    func small() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/k", body: [UInt8](repeating: 7, count: 5_000)).status == 200)
        #expect(try await fixture.send("GET", "/data/k").body.count == 5_000)

        let journal = fixture.folder.path.appending("store").appending("journal").string
        for name in try FileManager.default.contentsOfDirectory(atPath: journal) {
            let file = try FileHandle(forUpdating: URL(filePath: "\(journal)/\(name)"))
            let size = try file.seekToEnd()
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data(repeating: 0xFF, count: Int(size)))
            try file.close()
        }
        let answer = try await fixture.send("GET", "/data/k")
        #expect(answer.status == 500)
        #expect(answer.code == "InternalError")
    }
}
