#if CommandLineTool
internal import Glibc
internal import Strongroom
internal import StrongroomKMSKeys
internal import StrongroomKeys
internal import SystemPackage

/// Which key backend a command uses: the module named, else the one that came with the program, else the one built in,
/// which is the same code. Only what is pinned is loaded.
enum ModuleChoice {
    static let standardName = "libS3ManagedKeys.so"
    static let keyServiceName = "libKMSKeys.so"

    static func backend(named name: String?) async throws -> KeyBackendSource {
        try await module(named: name, else: standardName) ?? .linkedS3ManagedKeys
    }

    /// The key service for SSE-KMS, chosen the same way.
    static func keyService(named name: String?) async throws -> KeyBackendSource {
        try await module(named: name, else: keyServiceName) ?? .linked(KMSKeys.table)
    }

    private static func module(named name: String?, else standardName: String) async throws -> KeyBackendSource? {
        try await Offload.run { () throws(CommandFailure) in
            let pins = try ModulePins.load()
            guard let name else {
                let standard = try ModulePins.programDirectory().appending(standardName)
                return pins.pin(of: standard).map { .module($0) }
            }
            let path = try absolute(Surroundings.current.path(name))
            guard let trusted = pins.pin(of: path) else {
                throw CommandFailure(
                    .untrustedModule,
                    "the key-backend module \(quoted(path.string)) is not pinned, and what is not pinned is not "
                        + "loaded. If you trust it: strongroom module pin \(path.string)")
            }
            return .module(trusted)
        }
    }

    /// The running executable itself, links resolved.
    static func program() throws(CommandFailure) -> FilePath {
        // Safe: realpath returns a terminated string that is ours to free.
        guard let resolved = unsafe realpath("/proc/self/exe", nil) else {
            throw .system("cannot find the program itself:", "/proc/self/exe", Errno(rawValue: errno))
        }
        defer { unsafe free(resolved) }
        return unsafe FilePath(String(cString: resolved))
    }

    static func absolute(_ path: FilePath) throws(CommandFailure) -> FilePath {
        if path.isAbsolute { return path.lexicallyNormalized() }
        // Safe: getcwd allocates the string, which is ours to free.
        guard let current = unsafe getcwd(nil, 0) else {
            throw .system("cannot resolve", path, Errno(rawValue: errno))
        }
        defer { unsafe free(current) }
        return unsafe FilePath(String(cString: current)).pushing(path).lexicallyNormalized()
    }
}
#endif
