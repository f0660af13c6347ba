import Glibc
import StrongroomPKCS11Keys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKeys

/// Attack 14, for the library of a token: somebody tries to get code of theirs in its place.
@Suite struct TokenLibraryTests {
    let token: TestToken
    let folder = TemporaryFolder()

    init() throws { token = try TestToken() }

    /// A copy of the library that a test may spoil.
    private func copy() throws -> FilePath {
        let path = folder.appending("library.so")
        try TestFile.write(try TestFile.read(token.library), to: path, mode: 0o755)
        return path
    }

    private func refused(_ library: FilePath, sha256: String? = nil) async -> KeyBackendError? {
        await refusal {
            _ = try await token.open(creates: true, ["library": library.string, "library-sha256": sha256])
        }
    }

    @Test func aPinnedLibraryIsLoaded() async throws {
        let digest = try KeyModule.digest(of: token.library)
        let settings = PKCS11Keys.settings(
            library: try copy(), librarySHA256: digest, token: token.label, pinFile: token.pinFile, sessions: 1)
        let instance = try await KeyBackendInstance.open(
            PKCS11Keys.table, configuration: KeyBackendConfiguration(creates: true, settings: settings))
        #expect(try await instance.describe(DescribeRequest()).health == .ready)
    }

    @Test func contentThatIsNotPinnedIsRefused() async throws {
        let digest = Hexadecimal.encode(try KeyModule.digest(of: token.library))
        var content = try TestFile.read(token.library)
        content[content.count - 1] ^= 1
        let path = folder.appending("other.so")
        try TestFile.write(content, to: path, mode: 0o755)
        let error = await refused(path, sha256: digest)
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(digest) == true)
        #expect(await refused(path, sha256: "abc")?.code == .invalidRequest)
    }

    @Test func aLibraryThatOthersMayWriteIsRefused() async throws {
        let path = try copy()
        for mode: CModeT in [0o775, 0o757] {
            try TestFile.setMode(mode, of: path)
            #expect(await refused(path)?.code == .unsafePermissions)
        }
        try TestFile.setMode(0o755, of: path)
        try TestFile.setMode(0o777, of: folder.path)
        let error = await refused(path)
        #expect(error?.code == .unsafePermissions)
        #expect(error?.message.contains("chmod go-w") == true)
    }

    @Test func aLinkARelativePathAndNothingAreRefused() async throws {
        let link = folder.appending("link.so")
        #expect(unsafe symlink(try copy().string, link.string) == 0)
        #expect(await refused(link)?.code == .unsafePermissions)
        #expect(await refused("library.so")?.code == .invalidRequest)
        let missing = await refused(folder.appending("missing.so"))
        #expect(missing?.code == .invalidRequest)
        #expect(missing?.message.contains("missing.so") == true)
        #expect(await refusal { _ = try await token.open(["library": nil]) }?.code == .invalidRequest)
    }

    @Test func aLibraryThatIsNoneIsRefused() async throws {
        let source = folder.appending("none.c")
        try TestFile.write("int x;".utf8, to: source)
        let library = folder.appending("none.so")
        try SoftToken.compile(source.string, to: library)
        let error = await refused(library)
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("C_GetFunctionList") == true)
        try TestFile.write("no ELF".utf8, to: library)
        #expect(await refused(library)?.code == .invalidRequest)
    }

    @Test(arguments: ["", ".", "libraries", "$ORIGIN/../x", "/tmp/../tmp/FOLDER", "FOLDER"])
    func aSearchPathThatOthersCanFillIsRefused(_ entry: String) async throws {
        // The folder does not exist, and anybody could make it.
        try TestFile.setMode(0o777, of: folder.path)
        let source = TemporaryFolder()
        try TestFile.write("int x;".utf8, to: source.appending("path.c"))
        let library = source.appending("path.so")
        let path = entry.replacing("FOLDER", with: folder.appending("nothing").string)
        try SoftToken.compile(
            source.appending("path.c").string, to: library, ["-Wl,-rpath,/usr/lib:\(path)"])
        let error = await refused(library)
        #expect(error?.code == .invalidRequest || error?.code == .unsafePermissions, "\(String(describing: error))")
        #expect(error?.message.contains("RUNPATH") == true)
    }

    @Test func settingsThatWouldBeIgnoredAreRefused() async throws {
        for changes: [String: String?] in [
            ["root-key-file": "/k"], ["slot": "1"], ["token": nil], ["token": nil, "slot": "-1"], ["token": ""],
            ["token": "ends in blanks "], ["key-prefix": ""], ["key-prefix": "a b"], ["sessions": "0"],
            ["sessions": "65"], ["sessions": "many"],
        ] {
            let error = await refusal { _ = try await token.open(creates: true, changes) }
            #expect(error?.code == .invalidRequest, "\(changes)")
        }
    }
}
