import Glibc
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

/// Attack 14: somebody tries to get a module of theirs loaded in place of a trusted one.
@Suite struct ModuleLoaderTests {
    let folder = TemporaryFolder()

    /// A copy of the sample that a test may spoil.
    private func copy(named name: String = "module.so") throws -> FilePath {
        let path = folder.path.appending(name)
        try TestFile.write(try TestFile.read(try ModuleBuilder.sample()), to: path)
        return path
    }

    private func refusal(of path: FilePath, sha256: [UInt8]? = nil) throws -> KeyBackendError {
        let digest = try sha256 ?? KeyModule.digest(of: try ModuleBuilder.sample())
        return try #require(throws: KeyBackendError.self) {
            try KeyModule.load(TrustedModule(path: path, sha256: digest))
        }
    }

    @Test func aTrustedModuleIsLoadedOnce() throws {
        let path = try copy()
        let first = try ModuleBuilder.load(path)
        #expect(first.table.name == "sample")
        #expect(first.table.version == "1.0.0")
        // The same content from another file is the same module.
        let second = try ModuleBuilder.load(try copy(named: "other.so"))
        #expect(unsafe first.table.pointer == second.table.pointer)
    }

    /// Regression: the copy's descriptor was closed after loading, the next copy got the same number, and
    /// the dynamic linker, which had loaded "/proc/self/fd/9" before, answered with the *first* module: the
    /// second one's pin was checked and the first one's code was run.
    @Test func twoModulesAreTwoModules() throws {
        let first = try ModuleBuilder.load(try ModuleBuilder.sample())
        let second = try ModuleBuilder.load(try ModuleBuilder.broken("zero_key"))
        #expect(unsafe first.table.pointer != second.table.pointer)
    }

    @Test(arguments: [0o622, 0o602, 0o620] as [CModeT])
    func aFileThatOthersMayWriteIsRefused(_ mode: CModeT) throws {
        let path = try copy()
        try TestFile.setMode(mode, of: path)
        let error = try refusal(of: path)
        #expect(error.code == .unsafePermissions)
        #expect(error.message.contains("chmod go-w"))
    }

    @Test(arguments: [0o777, 0o707, 0o770] as [CModeT])
    func aFolderThatOthersMayWriteIsRefused(_ mode: CModeT) throws {
        let path = try copy()
        try TestFile.setMode(mode, of: folder.path)
        #expect(try refusal(of: path).code == .unsafePermissions)
        // Sticky: others may add files, but not replace this one.
        try TestFile.setMode(mode | 0o1000, of: folder.path)
        #expect(try ModuleBuilder.load(path).table.name == "sample")
    }

    @Test func aFolderFurtherUpThatOthersMayWriteIsRefused() throws {
        let inner = folder.path.appending("inner")
        #expect(unsafe mkdir(inner.string, 0o700) == 0)
        let path = inner.appending("module.so")
        try TestFile.write(try TestFile.read(try ModuleBuilder.sample()), to: path)
        try TestFile.setMode(0o777, of: folder.path)
        #expect(try refusal(of: path).code == .unsafePermissions)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func aFileOfAnotherUserIsRefused() throws {
        let path = try copy()
        #expect(unsafe chown(path.string, 65534, 65534) == 0)
        let error = try refusal(of: path)
        #expect(error.code == .unsafePermissions)
        #expect(error.message.contains("65534"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give folders away"))
    func aFolderOfAnotherUserIsRefused() throws {
        let path = try copy()
        #expect(unsafe chown(folder.path.string, 65534, 65534) == 0)
        #expect(try refusal(of: path).code == .unsafePermissions)
        #expect(unsafe chown(folder.path.string, 0, 0) == 0)
    }

    @Test func aSymbolicLinkIsRefused() throws {
        let link = folder.path.appending("link.so")
        #expect(unsafe symlink(try copy().string, link.string) == 0)
        #expect(try refusal(of: link).code == .unsafePermissions)
    }

    @Test(arguments: ["module.so", "./module.so", "/tmp/../tmp/module.so", ""])
    func aPathThatIsNotAbsoluteAndPlainIsRefused(_ path: String) throws {
        #expect(try refusal(of: FilePath(path)).code == .invalidRequest)
    }

    @Test func whatIsNoFileIsRefused() throws {
        let fifo = folder.path.appending("fifo")
        #expect(unsafe mkfifo(fifo.string, 0o600) == 0)
        #expect(try refusal(of: fifo).code == .unsafePermissions)
        #expect(try refusal(of: folder.path).code == .unsafePermissions)
        #expect(try refusal(of: folder.path.appending("missing.so")).code == .untrustedModule)
    }

    @Test func contentThatIsNotPinnedIsRefused() throws {
        let path = try copy()
        let pin = try KeyModule.digest(of: path)
        var content = try TestFile.read(path)
        content[content.count - 1] ^= 1
        // Replaced after it was pinned: by another file under its name, and in place.
        try TestFile.write(content, to: folder.path.appending("evil.so"))
        #expect(unsafe rename(folder.path.appending("evil.so").string, path.string) == 0)
        let error = try refusal(of: path, sha256: pin)
        #expect(error.code == .untrustedModule)
        #expect(error.message.contains("pin"))
    }

    /// Between the check and the load there is no file that could be replaced: the sealed copy is what
    /// is hashed and loaded, so a swap loop that runs all the time never gets its content in.
    @Test func aFileThatIsReplacedAllTheTimeIsNeverLoadedUnpinned() async throws {
        let path = folder.path.appending("swapped.so")
        let good = try TestFile.read(try ModuleBuilder.sample())
        let evil = try TestFile.read(try ModuleBuilder.broken("short_key"))
        let pin = try KeyModule.digest(of: try ModuleBuilder.sample())
        let expected = try ModuleBuilder.load(try ModuleBuilder.sample())
        try TestFile.write(good, to: path)
        let folder = folder.path
        let swapper = Task.detached {
            var turn = 0
            while !Task.isCancelled {
                let next = folder.appending("next-\(turn)")
                try TestFile.write(turn.isMultiple(of: 2) ? evil : good, to: next)
                _ = unsafe rename(next.string, path.string)
                turn += 1
            }
        }
        for _ in 0..<200 {
            do throws(KeyBackendError) {
                let module = try KeyModule.load(TrustedModule(path: path, sha256: pin))
                #expect(module.table.name == "sample")
                #expect(unsafe module.table.pointer == expected.table.pointer)
            } catch {
                #expect(error.code == .untrustedModule)
            }
        }
        swapper.cancel()
        _ = await swapper.result
    }

    @Test func aSearchPathIsRefused() throws {
        for option in ["-Wl,--enable-new-dtags,-rpath,/tmp", "-Wl,--disable-new-dtags,-rpath,/tmp"] {
            let path = try ModuleBuilder.compile(
                "int x;", in: folder.path, named: "run\(option.count)", [option])
            let error = try refusal(of: path, sha256: try KeyModule.digest(of: path))
            #expect(error.code == .untrustedModule)
            #expect(error.message.contains("RPATH or RUNPATH '/tmp'"))
        }
    }

    @Test func aFileThatAsksForFurtherFilesIsRefused() throws {
        let path = try ModuleBuilder.compile("int x;", in: folder.path, named: "audit", ["-Wl,--audit=/tmp/evil.so"])
        let error = try refusal(of: path, sha256: try KeyModule.digest(of: path))
        #expect(error.code == .untrustedModule)
        #expect(error.message.contains("/tmp/evil.so"))
    }

    @Test func aLibraryThatIsNeitherLoadedNorPinnedIsRefused() throws {
        let library = try ModuleBuilder.compile(
            "__attribute__((visibility(\"default\"))) int needed(void) { return 7; }", in: folder.path, named: "needed",
            ["-Wl,-soname,libstrongroomneeded.so.1"])
        let module = try ModuleBuilder.compile(
            """
            #define strongroom_key_backend_v1 sample_entry
            #include "\(ModuleBuilder.packageRoot)/Tests/Modules/sample_keys.c"
            #undef strongroom_key_backend_v1
            int needed(void);
            __attribute__((visibility("default")))
            const strongroom_key_module *strongroom_key_backend_v1(uint32_t major, uint32_t minor) {
                return needed() == 7 ? sample_entry(major, minor) : NULL;
            }
            """, in: folder.path, named: "needs", ["-lcrypto", library.string])
        let error = try refusal(of: module, sha256: try KeyModule.digest(of: module))
        #expect(error.code == .untrustedModule)
        #expect(error.message.contains("libstrongroomneeded.so.1"))

        let pinned = TrustedModule(path: library, sha256: try KeyModule.digest(of: library))
        let trust = TrustedModule(path: module, sha256: try KeyModule.digest(of: module))
        #expect(try KeyModule.load(trust, libraries: [pinned]).table.name == "sample")
    }

    @Test func aLibraryNamedByItsPathIsRefused() throws {
        let library = try ModuleBuilder.compile(
            "__attribute__((visibility(\"default\"))) int x;", in: folder.path, named: "byPath",
            ["-Wl,-soname,/tmp/a.so"])
        let module = try ModuleBuilder.compile(
            "extern int x; int *y(void) { return &x; }", in: folder.path, named: "slash", [library.string])
        let error = try refusal(of: module, sha256: try KeyModule.digest(of: module))
        #expect(error.message.contains("/tmp/a.so"))
    }

    @Test(arguments: [
        ("no_entry", "no function strongroom_key_backend_v1"), ("wrong_magic", "magic"), ("wrong_major", "version 2"),
        ("short_table", "96 bytes"), ("null_function", "missing"), ("no_table", "no table"),
    ])
    func aModuleOfAnotherContractIsRefused(_ name: String, _ reason: String) throws {
        let path = try ModuleBuilder.broken(name)
        let error = try refusal(of: path, sha256: try KeyModule.digest(of: path))
        #expect(error.code == .incompatibleModule)
        #expect(error.message.contains(reason))
    }

    @Test func aPinIsSixtyFourDigits() throws {
        let digits = String(repeating: "0aF9", count: 16)
        let trust = try TrustedModule(path: "/m.so", sha256Hexadecimal: digits)
        #expect(trust.sha256.count == 32)
        for bad in [
            "", String(digits.dropLast()), digits + "00", String(digits.dropLast()) + "g",
            String(digits.dropLast(2)) + "é",
        ] {
            #expect(throws: KeyBackendError.self) { try TrustedModule(path: "/m.so", sha256Hexadecimal: bad) }
        }
    }
}
