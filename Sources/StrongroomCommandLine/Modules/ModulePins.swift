#if CommandLineTool
internal import CStrongroomKeyBackend
internal import Glibc
internal import Strongroom
internal import StrongroomKeys
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

    /// The SHA-256 of a module's file, under the same rules for owner and permissions as for loading it.
    static func digest(of path: FilePath) throws(CommandFailure) -> [UInt8] {
        do throws(KeyBackendError) {
            return try KeyModule.digest(of: path)
        } catch {
            throw CommandFailure(.untrustedModule, error.message)
        }
    }

    /// Writes the pin down, in the place of an earlier one of the same file.
    static func add(_ module: TrustedModule, to list: FilePath) throws(CommandFailure) {
        guard !module.path.string.utf8.contains(UInt8(ascii: "\n")) else {
            throw CommandFailure(.inputOutput, "a module whose path holds a newline cannot be written down as a pin")
        }
        let directory = list.removingLastComponent()
        let old = try TextFile.readIfPresent(list) ?? ""
        // What cannot be read is not thrown away.
        _ = try parse(old, relativeTo: directory, list)
        let kept = old.split(separator: "\n").filter { !$0.hasSuffix("  \(module.path.string)") }
        let line = "\(Hexadecimal.encode(module.sha256))  \(module.path.string)"
        try makeDirectories(directory)
        let file = try OutputFile(list.string)
        try file.append((kept.map(String.init) + [line, ""]).joined(separator: "\n").utf8)
        try file.finish(replacing: .allowed)
    }

    private static func makeDirectories(_ directory: FilePath) throws(CommandFailure) {
        for directory in [directory.removingLastComponent(), directory] {
            // Safe: the call only reads the path, for as long as it takes.
            if unsafe mkdir(directory.string, 0o700) != 0, errno != EEXIST {
                throw .system("cannot create the directory", directory, Errno(rawValue: errno))
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
            let path = directory.pushing(FilePath(String(rest.dropFirst(2)))).lexicallyNormalized()
            do {
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
