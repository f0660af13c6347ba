import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

@Suite("Verify and statistics")
struct VerifyTests {
    static func withHomes(_ body: (Store, TemporaryDirectory) async throws -> Void) async throws {
        try await withStore { store, directory in
            let bucket = try await store.createBucket("bucket")
            for index in 0..<5 {
                try await bucket.put("tiny/\(index)", [UInt8](repeating: 1, count: 100))
                try await bucket.put("small/\(index)", [UInt8](repeating: 2, count: 20_000))
                try await bucket.put("large/\(index)", [UInt8](repeating: 3, count: 300_000))
            }
            try await store.checkpoint()
            try await body(store, directory)
        }
    }

    @Test("Each payload has the home that its size says, and is counted there")
    func homes() async throws {
        try await Self.withHomes { store, _ in
            let statistics = try await store.statistics()
            #expect(statistics.tiny.objectCount == 5)
            #expect(statistics.small.objectCount == 5)
            #expect(statistics.large.objectCount == 5)
            #expect(statistics.large.storedBytes > 1_500_000)
            #expect(statistics.checkpointLSN == statistics.lastLSN)
            #expect(statistics.segments.contains { $0.liveBytes > 100_000 })
        }
    }

    @Test("A whole store verifies", arguments: [true, false])
    func sound(readingData: Bool) async throws {
        try await Self.withHomes { store, _ in
            let report = try await store.verify(readingData: readingData)
            #expect(report.isSound, "\(report.findings)")
            #expect(report.objectCount == 15)
            #expect(report.verifiedBytes == (readingData ? 5 * (100 + 20_000 + 300_000) : 0))
        }
    }

    @Test("A flipped byte in a blob or a segment is found, names its place, and spoils one object alone")
    func flipped() async throws {
        let directory = try TemporaryDirectory()
        var store = try await Store.open(at: directory.store, options: .forTests)
        let bucket = try await store.createBucket("bucket")
        for index in 0..<3 { try await bucket.put("large/\(index)", [UInt8](repeating: 3, count: 300_000)) }
        try await bucket.put("small", [UInt8](repeating: 4, count: 100_000))
        try await store.close()
        let blob = try #require(try directory.files(below: directory.store.appending("blobs")).first)
        let honest = try directory.contents(of: blob)
        var forged = honest
        forged[200_000] ^= 1
        try directory.overwrite(blob, with: forged)
        store = try await Store.open(at: directory.store, options: .forTests)
        let report = try await store.verify(readingData: true)
        #expect(!report.isSound)
        #expect(report.findings.contains { $0.place.contains("bucket/large/") }, "\(report.findings)")
        #expect(report.verifiedBytes >= 2 * 300_000 + 100_000, "the others are read all the same")
        try await store.close()
        try directory.overwrite(blob, with: honest)
        store = try await Store.open(at: directory.store, options: .forTests)
        #expect(try await store.verify(readingData: true).isSound)
        try await store.close()
    }

    @Test("A lost blob is damage of its object")
    func lostBlob() async throws {
        try await Self.withHomes { store, directory in
            for blob in try directory.files(below: directory.store.appending("blobs")) {
                try PosixFileSystem().remove(blob)
            }
            #expect(
                try await errorCode { try await store.bucket("bucket").get("large/0").collect(upTo: 1 << 20) }
                    == .damaged)
            #expect(try await store.bucket("bucket").get("small/0").collect(upTo: 1 << 20).count == 20_000)
            let report = try await store.verify()
            #expect(report.findings.count >= 5)
            // By its name, without which nobody can copy or delete it.
            #expect(report.findings.contains { $0.reason.contains(#" of "bucket/large/0": "#) }, "\(report.findings)")
        }
    }
}
