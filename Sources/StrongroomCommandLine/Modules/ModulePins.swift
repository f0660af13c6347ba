#if CommandLineTool
internal import CStrongroomKeyBackend
internal import Glibc
internal import Strongroom
internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

/// Which key-backend modules are trusted: lists in the form of `sha256sum`, so that `sha256sum --check` reads them too.
///
///     <64 hexadecimal digits>  <path>
///
/// Two lists count: `strongroom.modules` beside the program, which came with it and names files beside it, and
/// the user's own, which `module pin` writes. Whoever could write the first could replace the program as well.
struct ModulePins: Sendable {
    private(set) var modules: [TrustedModule] = []

    /// The lists that this program and this user have.
    static func load() throws(CommandFailure) -> ModulePins {
        var pins = ModulePins()
        for list in [try programList(), userList()] {
            guard let list, let text = try TextFile.readIfPresent(list) else { continue }
            pins.modules += try parse(text, relativeTo: list.removingLastComponent(), list)
        }
        return pins
    }

    func pin(of path: FilePath) -> TrustedModule? {
        // The user's own list comes last and says the last word.
        modules.last { $0.path == path }
    }

    /// The SHA-256 of a module's file, under the same rules for owner and permissions as for loading it. Nothing of it
    /// is run.
    ///
    /// - Throws: also for what can never be loaded: once pinned, every `module list` would fail by it.
    static func digest(of path: FilePath) throws(CommandFailure) -> [UInt8] {
        let digest: [UInt8]
        do throws(KeyBackendError) {
            digest = try KeyModule.digest(of: path)
        } catch {
            throw CommandFailure(.untrustedModule, error.message)
        }
        try checkIsSharedObject(path)
        return digest
    }

    private static func checkIsSharedObject(_ path: FilePath) throws(CommandFailure) {
        let bytes: [UInt8]
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            defer { try? descriptor.close() }
            bytes = try FileBytes.read(descriptor, sizeBytesMax)
        } catch {
            throw .system("cannot read", path, error as? Errno ?? .ioError)
        }
        do throws(ELFImage.Malformed) {
            // Safe: a UInt8 is raw bytes.
            _ = try ELFImage(unsafe bytes.span.bytes)
        } catch {
            throw CommandFailure(
                .untrustedModule,
                "\(quoted(path.string)) is no module: \(error.reason); name the file of one, such as libKMSKeys.so")
        }
    }

    /// No larger one is loaded.
    private static let sizeBytesMax = 128 << 20

    /// Writes the pin down, in the place of an earlier one of the same file.
    static func add(_ module: TrustedModule, to list: FilePath) throws(CommandFailure) {
        guard !module.path.string.utf8.contains(UInt8(ascii: "\n")) else {
            throw CommandFailure(.inputOutput, "a module whose path holds a newline cannot be written down as a pin")
        }
        let kept = try lines(of: list).filter { $0.path != module.path }
        let line = "\(Hexadecimal.encode(module.sha256))  \(module.path.string)"
        try makeDirectories(list.removingLastComponent())
        try write(kept.map(\.text) + [line], to: list)
    }

    /// Takes the pin of that file out of the list.
    ///
    /// - Throws: where there is none in it.
    static func remove(_ path: FilePath, from list: FilePath) throws(CommandFailure) {
        let all = try lines(of: list)
        let kept = all.filter { $0.path != path }
        guard kept.count < all.count else {
            throw CommandFailure(
                .notFound,
                "\(quoted(path.string)) is not pinned in \(quoted(list.string)); `module list` lists what is pinned, "
                    + "there or beside the program")
        }
        try write(kept.map(\.text), to: list)
    }

    /// - Returns: each line, with what it pins; a remark pins nothing.
    /// - Throws: where one cannot be read: it is not thrown away.
    private static func lines(of list: FilePath) throws(CommandFailure) -> [(text: String, path: FilePath?)] {
        let text = try TextFile.readIfPresent(list) ?? ""
        let directory = list.removingLastComponent()
        _ = try parse(text, relativeTo: directory, list)
        return text.split(separator: "\n").map { line in
            (text: String(line), path: line.hasPrefix("#") ? nil : Self.path(in: line, relativeTo: directory))
        }
    }

    private static func write(_ lines: [String], to list: FilePath) throws(CommandFailure) {
        let file = try OutputFile(list.string)
        try file.append((lines + [""]).joined(separator: "\n").utf8)
        try file.finish(replacing: .allowed)
    }

    /// Behind the digest and two spaces.
    private static func path(in line: Substring, relativeTo directory: FilePath) -> FilePath {
        directory.pushing(FilePath(String(line.dropFirst(66)))).lexicallyNormalized()
    }

    private static func makeDirectories(_ directory: FilePath) throws(CommandFailure) {
        for directory in [directory.removingLastComponent(), directory] {
            do throws(Errno) {
                // Safe: the C string lives as long as the closure runs.
                try unsafe retryingInterrupts(directory) { unsafe mkdir($0, 0o700) }
            } catch Errno.fileExists {
                // Whether it is a directory is told by who makes the list in it.
            } catch {
                throw .system("cannot create the directory", directory, error)
            }
        }
    }

    static func parse(
        _ text: String, relativeTo directory: FilePath, _ list: FilePath
    ) throws(CommandFailure) -> [TrustedModule] {
        var modules: [TrustedModule] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            let digest = line.prefix(64)
            let rest = line.dropFirst(64)
            guard rest.hasPrefix("  "), rest.count > 2 else { throw malformed(list, index + 1) }
            do {
                let path = Self.path(in: line, relativeTo: directory)
                modules.append(try TrustedModule(path: path, sha256Hexadecimal: String(digest)))
            } catch {
                throw malformed(list, index + 1)
            }
        }
        return modules
    }

    /// Where `module pin` writes: `$XDG_CONFIG_HOME/strongroom/modules`, by default below `~/.config`.
    static func userList() -> FilePath? {
        if let base = environment("XDG_CONFIG_HOME"), base.hasPrefix("/") {
            return FilePath(base).appending("strongroom").appending("modules")
        }
        guard let home = environment("HOME"), home.hasPrefix("/") else { return nil }
        return FilePath(home).appending(".config").appending("strongroom").appending("modules")
    }

    /// The same, where it has to be there.
    static func ownList() throws(CommandFailure) -> FilePath {
        guard let list = userList() else {
            throw CommandFailure(.inputOutput, "there is no place for the list of pins: set HOME or XDG_CONFIG_HOME")
        }
        return list
    }

    static let abiMajor = STRONGROOM_KEY_ABI_MAJOR

    static func programList() throws(CommandFailure) -> FilePath? {
        try programDirectory().appending("strongroom.modules")
    }

    /// The directory of the running executable itself, links resolved.
    static func programDirectory() throws(CommandFailure) -> FilePath {
        try ModuleChoice.program().removingLastComponent()
    }

    private static func environment(_ name: String) -> String? {
        // Safe: nothing in this process changes its environment.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    private static func malformed(_ list: FilePath, _ line: Int) -> CommandFailure {
        CommandFailure(
            .inputOutput,
            "line \(line) of \(quoted(list.string)) is no pin: it should be a SHA-256, two spaces and a path, as "
                + "`sha256sum` and `strongroom module pin` write it")
    }
}
#endif
