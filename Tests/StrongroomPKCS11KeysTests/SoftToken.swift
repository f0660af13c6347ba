import CStrongroomPKCS11
import Foundation
import StrongroomTestSupport
import Synchronization
import SystemPackage

@testable import StrongroomKeys

/// The libraries of tokens that tests use: SoftHSM, and one before it that tests can break.
enum SoftToken {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Lives as long as the process, so its end is the process's.
    private static let folder: TemporaryFolder = {
        atexit { SoftToken.folder.remove() }
        return TemporaryFolder()
    }()

    /// The file of SoftHSM itself. Tests of tokens fail where it is not there: they prove nothing without.
    static let softHSM = Result {
        let folders = [
            "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib",
        ]
        let named = ProcessInfo.processInfo.environment["STRONGROOM_SOFTHSM"]
        let places = named.map { [$0] } ?? folders.map { $0 + "/softhsm/libsofthsm2.so" }
        guard let path = places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw Failure(
                description: "SoftHSM is not installed, without which keys in a token cannot be tested. Please run "
                    + "`.ci/install-prerequisites softhsm2` (Debian: apt-get install softhsm2), or name its library in "
                    + "STRONGROOM_SOFTHSM.")
        }
        return FilePath(URL(filePath: path).resolvingSymlinksInPath().path)
    }

    /// The library before SoftHSM, which has its tokens in a folder of this process.
    static let library = Result {
        let softHSM = try Self.softHSM.get()
        let tokens = folder.appending("tokens")
        try FileManager.default.createDirectory(atPath: tokens.string, withIntermediateDirectories: false)
        let configuration = folder.appending("softhsm2.conf")
        try TestFile.write("directories.tokendir = \(tokens)\nlog.level = ERROR\n".utf8, to: configuration)
        // Safe: once, and SoftHSM reads it no earlier than when it is made ready.
        _ = unsafe setenv("SOFTHSM2_CONF", configuration.string, 1)
        let library = folder.appending("faulty_token.so")
        try compile(
            "Tests/Modules/token/faulty_token.c", to: library, ["-DTOKEN_LIBRARY=\"\(softHSM)\"", "-lpthread", "-ldl"])
        return library
    }

    static let packageRoot = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()

    static func compile(_ source: String, to target: FilePath, _ options: [String] = []) throws {
        let child = try ChildProcess(
            executable: "/usr/bin/env",
            arguments: [
                "cc", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-I",
                packageRoot.pushing("Sources/CStrongroomPKCS11/include").string,
                packageRoot.pushing(FilePath(source)).string,
                "-o", target.string,
            ] + options)
        let end = child.wait()
        if end != "exit status 0" { throw Failure(description: "cc \(source): \(end)") }
    }

    /// SwiftPM builds it beside the tests.
    static let harness = FilePath(
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "StrongroomTokenHarness").path)
}

/// Calls that can be broken, in the order of `faulty_token.c`.
enum TokenCall: CInt {
    case openSession, login, tokenInfo, find, signInit, sign, generate
    /// The key is made, and its answer lost.
    case generateAnswer
    case generateExtractable
    case signRandom
    case tokenFlags
    case mechanism
    /// Objects are found without end.
    case findEndless
}
