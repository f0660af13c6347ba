#if CommandLineTool
import Foundation
import SystemPackage
import Testing

@testable import StrongroomCommandLine

/// The story: `get` put a file in the place of whatever stood there, so that root made a regular file of `/dev/full`.
@Suite("Where objects are fetched to")
struct OutputTargetTests {
    private func makeStore(_ strongroom: borrowing Strongroom) throws -> Data {
        let data = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("bucket", "create", "files").status == 0)
        #expect(try strongroom("put", "-", "files/k", input: data).status == 0)
        return data
    }

    @Test("A device is written to, and stays one")
    func device() async throws {
        let sink = try await OutputTarget("/dev/full").open()
        let error = #expect(throws: CommandFailure.self) { try sink.append([1, 2, 3]) }
        #expect(error?.code == .inputOutput && error?.message.contains("/dev/full") == true)
        guard case .device = try OutputTarget("/dev/null") else {
            Issue.record("/dev/null is no device")
            return
        }
        let drain = try await OutputTarget("/dev/null").open()
        try drain.append([1, 2, 3])
        try drain.finish()
        let type = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
        #expect(type == .typeCharacterSpecial)
    }

    @Test("A named pipe is written to, when somebody reads it")
    func pipe() throws {
        let strongroom = try Strongroom()
        let data = try makeStore(strongroom)
        // Safe: the call only reads the path, for as long as it takes.
        #expect(unsafe mkfifo(strongroom.path("pipe"), 0o600) == 0)
        let get = try strongroom.start(["get", "files/k", "pipe"])
        let read = try FileHandle(forReadingFrom: strongroom.directory.appending(path: "pipe")).readToEnd()
        get.waitUntilExit()
        #expect(read == data && get.terminationStatus == 0)
        let waiting = try strongroom.start(["get", "files/k", "pipe", "--json"])
        while waiting.isRunning,
            try strongroom("stats", "--json", apart: true).error?["code"] as? String != "storeInUse"
        {}
        waiting.interrupt()
        waiting.waitUntilExit()
        #expect(waiting.terminationReason == .exit && waiting.terminationStatus == 1)
    }

    @Test("Directories, sockets and the system's own links are refused; a link of the user's is replaced itself")
    func refusals() throws {
        let strongroom = try Strongroom()
        let data = try makeStore(strongroom)
        try strongroom.write("folder/kept", Data())
        let folder = try strongroom("get", "files/k", "folder", "--json")
        #expect(folder.status == 1 && folder.error?["code"] as? String == "fileExists")
        #expect((folder.error?["message"] as? String)?.contains("is a directory") == true)
        for link in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            let error = #expect(throws: CommandFailure.self) { try OutputTarget(link) }
            #expect(error?.message.contains("- for standard output") == true)
        }
        try strongroom.write("far", Data("kept".utf8))
        try FileManager.default.createSymbolicLink(
            atPath: strongroom.path("link"), withDestinationPath: strongroom.path("far"))
        #expect(try strongroom("get", "files/k", "link").status == 0)
        #expect(try strongroom.read("link") == data && strongroom.read("far") == Data("kept".utf8))
        let attributes = try FileManager.default.attributesOfItem(atPath: strongroom.path("link"))
        #expect(attributes[.type] as? FileAttributeType == .typeRegular)
    }
}
#endif
