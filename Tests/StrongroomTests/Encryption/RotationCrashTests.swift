import Foundation
import StrongroomKMSKeys
import StrongroomKeys
import SystemPackage
import Testing

@testable import Strongroom

/// Keys are rotated, wraps and objects made anew while others write, and the process is killed in the middle, again and
/// again.
@Suite("Rotation and sudden death")
struct RotationCrashTests {
    private static let rounds = 8

    private static func open(_ path: FilePath) async throws -> Store {
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(.linked(KMSKeys.table), deadlineSeconds: 120)
        return try await Store.open(at: path, options: options)
    }

    /// Beside the test bundle, where the same build put it.
    private static var harness: URL {
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "StrongroomRotationHarness")
    }

    @Test func nothingIsUnreadableAndNothingStaysUnderAnOldVersion() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Self.open(directory.store)
        try await store.createBucket("bucket")
        let created = try await store.controlKeyService(Array(#"{"operation":"create-key"}"#.utf8))
        let key = try #require(try JSONSerialization.jsonObject(with: Data(created)) as? [String: Any])
        let id = try #require(key["keyId"] as? String)
        _ = try await store.controlKeyService(
            Array(#"{"operation":"create-alias","aliasName":"alias/turning","targetKeyId":"\#(id)"}"#.utf8))
        try await store.close()

        var acknowledged: Set<String> = []
        for round in 0..<Self.rounds {
            acknowledged.formUnion(try await Self.killedRun(directory, round))
            let store = try await Self.open(directory.store)
            let bucket = store.bucket("bucket")
            for name in acknowledged {
                let body = try await bucket.get(ObjectKey(name)).collect(upTo: 1_000)
                #expect(body == Array(name.utf8))
            }
            // What a resealing that broke off had stored under no row's name goes by itself.
            await store.engine.parts.settle()
            let report = try await store.verify(readingData: true)
            #expect(report.isSound, "\(report.findings.prefix(3))")
            // What the killed run had not come to is done by the next one; in the last round all of it.
            if round == Self.rounds - 1 {
                #expect(try await store.rewrapKeys().isComplete)
                let again = try await store.rewrapKeys()
                #expect(again.isComplete && again.rewrappedCount == 0)
                try await Self.expectCurrentVersions(store)
                #expect(try await bucket.reseal(ResealOptions(allowsLesserModes: true)).isComplete)
                #expect(try await store.encryptionCoverage().unlikeDefaultCount == 0)
                #expect(try await store.verify(readingData: true).isSound)
            }
            try await KeyUsageScan(store).check()
            try await store.close()
        }
        #expect(acknowledged.count > Self.rounds)
    }

    /// Objects of one key are under one version of it.
    private static func expectCurrentVersions(_ store: Store) async throws {
        var versions: [String: Set<String>] = [:]
        for entry in try await store.encryptionCoverage().entries {
            guard let key = entry.keyID else { continue }
            versions[key, default: []].formUnion(entry.keyVersion.map { [$0] } ?? [])
        }
        #expect(versions.count >= 2)
        for (key, found) in versions { #expect(found.count == 1, "\(key) is there in \(found.count) versions") }
    }

    /// - Returns: the keys that the process had acknowledged when it was killed.
    private static func killedRun(_ directory: TemporaryDirectory, _ round: Int) async throws -> [String] {
        let lines = directory.path.appending("lines-\(round)")
        #expect(FileManager.default.createFile(atPath: lines.string, contents: nil))
        let process = Process()
        process.executableURL = harness
        process.arguments = [directory.store.string, "\(round)"]
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: lines.string))
        try process.run()
        // By what it has done and not by time alone: a slow machine comes as far as a fast one.
        let count = Int.random(in: 1...20)
        while process.isRunning, try directory.contents(of: lines).count(where: { $0 == UInt8(ascii: "\n") }) < count {
            usleep(1_000)
        }
        usleep(UInt32.random(in: 0..<200_000))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "it ended by itself: \(process.terminationStatus)")
        let text = String(decoding: try directory.contents(of: lines), as: UTF8.self)
        // Whole lines only: the last one may have been cut, and then was read by nobody.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
