#if CommandLineTool
import Foundation
import Testing

/// The built command, run as a script would run it, in a directory of its own.
struct Strongroom: ~Copyable {
    struct Result {
        var status: Int32
        var output: String
        var errors: String
        /// The JSON objects of standard output, one per line.
        var lines: [[String: Any]] { Strongroom.objects(output) }
        /// Those of standard error.
        var remarks: [[String: Any]] { Strongroom.objects(errors) }
        /// The error object on standard error.
        var error: [String: Any]? { Strongroom.objects(errors).last?["error"] as? [String: Any] }
    }

    let directory = FileManager.default.temporaryDirectory.appending(path: "strongroom-e2e-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    /// Beside the test bundle, where the same build put it.
    static var executable: URL {
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "strongroom")
    }

    var store: URL { directory.appending(path: "store") }

    func path(_ name: String) -> String { directory.appending(path: name).path }

    /// A file of the test's.
    func write(_ name: String, _ data: Data) throws {
        let url = directory.appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
    }

    /// One with that mode.
    func write(_ name: String, _ data: Data, mode: Int) throws {
        try write(name, data)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    }

    func read(_ name: String) throws -> Data { try Data(contentsOf: directory.appending(path: name)) }

    /// - Parameter apart: while another one runs, whose output must not be overwritten.
    @discardableResult
    func callAsFunction(_ arguments: String..., input: Data? = nil, apart: Bool = false) throws -> Result {
        try run(arguments, input: input, apart: apart)
    }

    func run(_ arguments: [String], input: Data? = nil, apart: Bool = false) throws -> Result {
        var source: Any = FileHandle.nullDevice
        if let input {
            try write("stdin", input)
            source = try FileHandle(forReadingFrom: directory.appending(path: "stdin"))
        }
        let process = try start(arguments, reading: source, outputs: apart ? "apart" : "std")
        process.waitUntilExit()
        return try result(of: process, outputs: apart ? "apart" : "std")
    }

    /// What a process needs that is built with a sanitizer.
    private static let sanitizers = ProcessInfo.processInfo.environment.filter {
        ["ASAN_OPTIONS", "LD_PRELOAD", "TSAN_OPTIONS"].contains($0.key)
    }

    /// - Parameters:
    ///   - sink: where standard output goes, instead of into a file.
    ///   - program: what is run with these arguments.
    func start(
        _ arguments: [String], reading source: Any = FileHandle.nullDevice, outputs: String = "std",
        printingTo sink: Any? = nil, environment: [String: String] = [:], program: URL = Strongroom.executable
    ) throws -> Process {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = Self.sanitizers.merging(["STRONGROOM_STORE": store.path, "HOME": directory.path]) { $1 }
            .merging(environment) { $1 }
        for name in ["out", "err"] { try write(outputs + name, Data()) }
        process.standardOutput =
            try sink ?? FileHandle(forWritingTo: directory.appending(path: outputs + "out"))
        process.standardError = try FileHandle(forWritingTo: directory.appending(path: outputs + "err"))
        process.standardInput = source
        try process.run()
        return process
    }

    func result(of process: Process, outputs: String = "std") throws -> Result {
        Result(
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: String(decoding: try read(outputs + "out"), as: UTF8.self),
            errors: String(decoding: try read(outputs + "err"), as: UTF8.self))
    }

    private static func objects(_ text: String) -> [[String: Any]] {
        text.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }
}
#endif
