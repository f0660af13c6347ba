import Logging
import StrongroomCrypto
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import Strongroom
@testable import StrongroomStorage

/// An anchor on a disk that does not answer.
@Suite("Late anchors")
struct LateAnchorTests {
    private static let keyring = FilePath("/keyring")
    private static let outer = FilePath("/elsewhere/outer.json")
    private static let storeID = [UInt8](repeating: 3, count: 16)
    private let disk: SimulatedFileSystem
    private let files: GatedFileSystem
    private let anchors: CatalogAnchors

    init() throws {
        disk = SimulatedFileSystem(seed: 1)
        for folder in [Self.keyring, FilePath("/elsewhere")] { try disk.createDirectory(folder) }
        // Under this name an anchor is written, before it comes into its place.
        files = GatedFileSystem(disk, opening: "outer.json.new")
        let keys = try CatalogKeys(
            SharedSecret(try SecretBytes.random(count: 32)), storeID: Self.storeID, timeline: 1)
        anchors = try CatalogAnchors(
            keys, keyring: Self.keyring, outside: Self.outer, counter: nil, storeID: Self.storeID, timeline: 1,
            isNew: false, acceptsRollback: false, files, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            patienceSeconds: 1, closingSeconds: 1)
    }

    private func lsn(in place: FilePath) throws -> UInt64 {
        try CanonicalJSONFile.read(AnchorFile.self, from: place, in: disk).lsn
    }

    private var inner: FilePath {
        Self.keyring.appending(AnchorFile.name(storeID: Self.storeID, timeline: 1))
    }

    /// On a thread that may block.
    private func note(_ lsn: UInt64) async -> Bool {
        let mark = CatalogRootMark(lsn: lsn, rows: [UInt8](repeating: UInt8(lsn), count: 32))
        return await IOThreadPool(threadCount: 1).run { [anchors] in anchors.note(mark) }
    }

    @Test("The anchor in the keyring goes on, nobody waits twice, and in the end both have the last root")
    func theOthersGoOn() async throws {
        #expect(await note(1))
        #expect(try lsn(in: inner) == 1)
        #expect(try lsn(in: Self.outer) == 1)
        files.gate.arm()
        let start = ContinuousClock.now
        for lsn in 2...60 as ClosedRange<UInt64> {
            #expect(await !note(lsn))
            #expect(try self.lsn(in: inner) == lsn)
        }
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(try lsn(in: Self.outer) == 1)
        #expect(anchors.failure?.code == .anchorUnavailable)
        files.gate.letGo()
        for _ in 0..<2_000 where anchors.failure != nil { try await Task.sleep(for: .milliseconds(10)) }
        #expect(anchors.failure == nil)
        #expect(try lsn(in: Self.outer) == 60)
        #expect(await note(60))
    }

    @Test("A closing waits for a while, and nothing is begun afterwards", arguments: [false, true])
    func closing(answersInTime: Bool) async throws {
        #expect(await note(1))
        files.gate.arm()
        #expect(await !note(2))
        #expect(await !note(3))
        if answersInTime { files.gate.letGo() }
        await IOThreadPool(threadCount: 1).run { [anchors] in
            do throws(StorageError) { try anchors.end() } catch { Issue.record(error) }
        }
        #expect((anchors.failure == nil) == answersInTime)
        files.gate.letGo()
        for _ in 0..<2_000 where try lsn(in: Self.outer) == 1 { try await Task.sleep(for: .milliseconds(10)) }
        try await Task.sleep(for: .milliseconds(100))
        // Else only what was under way, and not what waited: somebody else may have the store by then.
        #expect(try lsn(in: Self.outer) == (answersInTime ? 3 : 2))
    }
}
