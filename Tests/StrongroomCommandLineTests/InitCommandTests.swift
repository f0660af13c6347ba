#if CommandLineTool
import Foundation
import Testing

/// How stores are made, and how making one goes on that was broken off.
@Suite("Command line: init")
struct InitCommandTests {
    @Test("The program tells its version, and a store by which one it was made")
    func version() throws {
        let strongroom = try Strongroom()
        let version = try strongroom("--version")
        #expect(version.status == 0 && version.errors == "")
        #expect(version.output.wholeMatch(of: /strongroom \d+\.\d+\.\d+\n/) != nil, "\(version.output)")
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        let description = try Data(contentsOf: strongroom.store.appending(path: "store.json"))
        let name = version.output.trimmingCharacters(in: .newlines)
        #expect(String(decoding: description, as: UTF8.self).contains("\"\(name)\""))
    }

    @Test("A relative path of a root key file is one of the caller's directory, from wherever it is opened later")
    func relativeRootKey() throws {
        let strongroom = try Strongroom()
        try strongroom.write("keys/there", Data())
        #expect(try strongroom("init", "store", "--root-key-file", "keys/root.key").status == 0)
        #expect(try strongroom.read("keys/root.key").count == 32)
        #expect(try strongroom("bucket", "create", "files").status == 0)
        #expect(try strongroom("bucket", "list", "--root-key-file", "keys/../keys/root.key").status == 0)
        let other = try strongroom("bucket", "list", "--root-key-file", "keys/none.key", "--json")
        #expect(other.status == 1)
        #expect((other.error?["message"] as? String)?.contains(strongroom.path("keys/none.key")) == true)
    }

    @Test("A root key in the store is refused, as a keyring is, and nothing is made")
    func rootKeyInside() throws {
        let strongroom = try Strongroom()
        for path in ["store/root.key", strongroom.store.appending(path: "keys/root.key").path, "store/a/../root.key"] {
            let refused = try strongroom("init", "store", "--root-key-file", path, "--json")
            #expect(refused.status == 1 && refused.error?["code"] as? String == "invalidArgument")
            #expect((refused.error?["message"] as? String)?.contains("lies in the store") == true)
        }
        #expect(!FileManager.default.fileExists(atPath: strongroom.store.path))
        #expect(!FileManager.default.fileExists(atPath: strongroom.path("store.keyring")))
        #expect(try strongroom("init", "store", "--root-key-file", "store.key").status == 0)
    }

    /// The story: after a failed `init` the right command was told that the store exists, and to name another place.
    @Test("After an init that failed the right one goes on")
    func again() throws {
        let strongroom = try Strongroom()
        try strongroom.write("short.key", Data(repeating: 1, count: 7))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: strongroom.path("short.key"))
        #expect(try strongroom("init", "store", "--root-key-file", "short.key").status == 1)
        #expect(FileManager.default.fileExists(atPath: strongroom.store.appending(path: "CREATING").path))
        #expect(try strongroom("init", "store").status == 0)
        #expect(!FileManager.default.fileExists(atPath: strongroom.store.appending(path: "CREATING").path))
        #expect(try strongroom("bucket", "create", "files").status == 0)
        #expect(try strongroom("bucket", "list", "--json").lines.count == 1)
    }

    @Test("What is whole, or is something else, is left as it is")
    func leftAlone() throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", "store").status == 0)
        #expect(try strongroom("bucket", "create", "files").status == 0)
        // As a crash leaves it between the last two steps: a store that is whole.
        try strongroom.write("store/CREATING", Data())
        let whole = try strongroom("init", "store", "--json")
        #expect(whole.status == 1 && whole.error?["code"] as? String == "fileExists")
        #expect(try strongroom("bucket", "list", "--json").lines.count == 1)

        try strongroom.write("mine/CREATING", Data())
        try strongroom.write("mine/journal/of/mine", Data("kept".utf8))
        try strongroom.write("mine/letter", Data("kept".utf8), mode: 0o600)
        #expect(try strongroom("init", "mine", "--json").error?["code"] as? String == "fileExists")
        #expect(try strongroom.read("mine/journal/of/mine") == Data("kept".utf8))

        // The keyring of a store whose directory is gone.
        let before = try strongroom.read("store.keyring/s3-managed/keyring")
        try FileManager.default.removeItem(at: strongroom.store)
        #expect(try strongroom("init", "store", "--passphrase-file", "mine/letter").status == 1)
        #expect(try strongroom.read("store.keyring/s3-managed/keyring") == before)
    }
}
#endif
