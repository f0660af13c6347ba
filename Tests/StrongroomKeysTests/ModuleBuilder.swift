import Glibc
import StrongroomTestSupport
import Synchronization
import SystemPackage

@testable import StrongroomKeys

/// Builds the modules of Tests/Modules with the C compiler, each once, so that tests of the loader never skip.
enum ModuleBuilder {
    struct Failure: Error {
        var message: String
    }

    static let packageRoot = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    /// Lives as long as the process, so its end is the process's.
    static let folder: TemporaryFolder = {
        atexit { ModuleBuilder.folder.remove() }
        return TemporaryFolder()
    }()

    private static let built = Mutex<[String: FilePath]>([:])

    static func sample() throws -> FilePath { try build("sample_keys") }

    static func broken(_ name: String) throws -> FilePath { try build("broken/\(name)") }

    private static func build(_ name: String) throws -> FilePath {
        try built.withLock { built in
            if let path = built[name] { return path }
            let source = packageRoot.appending("Tests/Modules").pushing(FilePath(name + ".c"))
            let target = folder.path.appending(name.split(separator: "/").joined(separator: "-") + ".so")
            try compile(source, to: target, ["-lcrypto"])
            built[name] = target
            return target
        }
    }

    static func compile(_ source: FilePath, to target: FilePath, _ options: [String] = []) throws {
        let include = packageRoot.appending("Sources/CStrongroomKeyBackend/include")
        let child = try ChildProcess(
            executable: "/usr/bin/env",
            arguments: [
                "cc", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-I", include.string, source.string, "-o",
                target.string,
            ] + options)
        let end = child.wait()
        if end != "exit status 0" { throw Failure(message: "cc \(source): \(end)") }
    }

    /// Compiles C that is given as text.
    static func compile(_ text: String, in folder: FilePath, named name: String, _ options: [String] = []) throws
        -> FilePath
    {
        let source = folder.appending(name + ".c")
        try TestFile.write(text.utf8, to: source)
        let target = folder.appending("lib" + name + ".so")
        try compile(source, to: target, options)
        return target
    }

    /// A Swift module, where it has been built: `make modules`, or STRONGROOM_MODULES names the folder.
    static func swiftModule(_ name: String) -> FilePath? {
        let named = unsafe getenv("STRONGROOM_MODULES").map { unsafe FilePath(String(cString: $0)) }
        let folder = named ?? packageRoot.appending(".build-modules/release")
        let path = folder.appending("lib\(name).so")
        return (try? KeyModule.digest(of: path)).map { _ in path }
    }

    /// The process in which modules are checked; SwiftPM builds it beside the tests.
    static let harness: FilePath = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = FilePath(String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self))
        return path.removingLastComponent().appending("StrongroomKeyModuleHarness")
    }()

    /// Loads with the pin that fits.
    static func load(_ path: FilePath) throws -> KeyModule {
        try KeyModule.load(TrustedModule(path: path, sha256: try KeyModule.digest(of: path)))
    }
}
