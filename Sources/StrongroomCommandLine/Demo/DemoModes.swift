#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomSystem
internal import SystemPackage

/// The chapter on keys: one file under every kind, and what each refuses.
struct DemoModes: Sendable {
    let workspace: DemoWorkspace
    let store: String
    /// A file to put.
    let file: String

    /// The key of an object that is small enough to stand beside it in the catalog.
    private static let letter = "letter-under-sse-kms"
    static var letterBytes: [UInt8] { Array(letter.utf8) }

    private struct Mode {
        var name: String
        var options: [String]
        var read: [String] = []
    }

    func run() async throws {
        let key = workspace.file("customer.key").string
        try await makeKey(key)
        _ = try await workspace.show("key", "create", "--alias", "alias/demo", "--store", store)
        _ = try await workspace.show("bucket", "create", "keys", "--allow-sse-c", "--store", store)
        let kms = ["--sse", "aws:kms", "--sse-kms-key-id", "alias/demo"]
        var modes = [
            Mode(name: "none", options: ["--sse", "none"]), Mode(name: "SSE-S3", options: ["--sse", "AES256"]),
            Mode(name: "SSE-KMS", options: kms + ["--encryption-context", "tenant=blue"]),
            Mode(name: "SSE-KMS, Bucket Key", options: kms + ["--bucket-key"]),
            Mode(name: "SSE-C", options: ["--sse-c-key-file", key], read: ["--sse-c-key-file", key]),
        ]
        #if DualLayer
        modes.append(Mode(name: "DSSE-KMS, two layers", options: ["--sse", "aws:kms:dsse"] + Array(kms.dropFirst(2))))
        #endif
        var table = Table(
            ("encryption", .left), ("key", .left), ("version or fingerprint", .left), ("ETag", .left))
        for (index, mode) in modes.enumerated() {
            let object = "keys/\(index)"
            try await succeed(["put", file, object] + mode.options)
            let outcome = try await succeed(["head", object, "--json"] + mode.read)
            let head = try JSONLines.decode(HeadRecord.self, from: outcome.standardOutput)
            let version = head.keyVersion.map { String($0.prefix(12)) } ?? head.customerKeyFingerprint ?? "–"
            table.add(mode.name, head.keyId.map { String($0.suffix(40)) } ?? "–", version, head.etag)
        }
        for line in table.lines { workspace.console.say(line) }
        let letter = workspace.file("letter").string
        guard FileManager.default.createFile(atPath: letter, contents: Data("The key is under the mat.".utf8)) else {
            throw CommandFailure(.inputOutput, "cannot write \(quoted(letter))")
        }
        try await succeed(["put", letter, "keys/\(Self.letter)"] + kms)
        try await refuse(["get", "keys/4"], "accessDenied or invalidRequest", "SSE-C without its key")
        try await succeed(["key", "disable", "alias/demo"])
        try await refuse(["get", "keys/2"], "keyDisabled", "SSE-KMS while its key is disabled")
        try await succeed(["key", "enable", "alias/demo"])
        try await succeed(["key", "rotate", "alias/demo"])
        try await succeed(["encryption", "rewrap"])
        for (index, mode) in modes.enumerated() {
            let out = workspace.file("mode-\(index)").string
            try await succeed(["get", "keys/\(index)", out] + mode.read)
            guard FileManager.default.contentsEqual(atPath: file, andPath: out) else {
                throw CommandFailure(.demoFailed, "the file came out different under \(mode.name)")
            }
        }
        workspace.console.say(
            "  the key rotated and all its data keys wrapped anew: every byte comes out under every key")
    }

    /// The key of a customer, who keeps it.
    private func makeKey(_ path: String) async throws {
        try await Offload.run { () throws(CommandFailure) in
            let key = try SecretBytes(count: CustomerKey.sizeBytes) {
                (span: inout MutableRawSpan) throws(CommandFailure) in
                SystemRandom().fill(&span)
            }
            do {
                let descriptor = try FileDescriptor.open(
                    FilePath(path), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                    permissions: [.ownerReadWrite])
                defer { try? descriptor.close() }
                // Safe: the bytes outlive the call, which only reads them.
                _ = try key.withBytes { (bytes: RawSpan) throws(CommandFailure) in
                    try unsafe bytes.withUnsafeBytes { bytes throws(CommandFailure) in
                        do {
                            return try unsafe descriptor.writeAll(bytes)
                        } catch {
                            throw CommandFailure.system("cannot write", FilePath(path), error as? Errno ?? .ioError)
                        }
                    }
                }
            } catch let failure as CommandFailure {
                throw failure
            } catch {
                throw .system("cannot write", FilePath(path), error as? Errno ?? .ioError)
            }
        }
    }

    @discardableResult
    private func succeed(_ arguments: [String]) async throws -> DemoWorkspace.Outcome {
        let outcome = try await workspace.run(arguments + ["--store", store])
        guard outcome.end == .exited(0) else {
            throw CommandFailure(.demoFailed, "\(arguments) should have worked: \(outcome.standardError)")
        }
        return outcome
    }

    private func refuse(_ arguments: [String], _ codes: String, _ what: String) async throws {
        let out = workspace.file("refused").string
        let outcome = try await workspace.run(arguments + [out, "--store", store, "--json"])
        guard outcome.end == .exited(1), let refusal = ErrorLine.last(of: outcome.standardError),
            codes.contains(refusal.error.code), !FileManager.default.fileExists(atPath: out)
        else { throw CommandFailure(.demoFailed, "\(what) was not refused: \(outcome.end)") }
        workspace.console.say("  \(what): \(refusal.error.code)")
    }
}
#endif
