#if CommandLineTool
internal import FoundationEssentials
internal import SystemPackage

/// A copy of the demo's store and keyring, for somebody to damage.
struct DemoCopy: Sendable {
    let store: FilePath
    let keyring: FilePath

    /// Places in one kind of file: several where old copies of what is damaged are kept.
    struct Target: Sendable {
        var title: String
        var file: FilePath
        var offsets: [UInt64]
    }

    init(of workspace: DemoWorkspace) async throws {
        let (from, to) = (workspace.file("store"), workspace.file("copy"))
        store = to
        keyring = FilePath(to.string + ".keyring")
        try await Offload.run { () throws(CommandFailure) in
            for suffix in ["", ".keyring"] {
                do {
                    try FileManager.default.copyItem(atPath: from.string + suffix, toPath: to.string + suffix)
                } catch {
                    throw CommandFailure(.inputOutput, "cannot copy \(quoted(from.string + suffix)): \(error)")
                }
            }
        }
    }

    /// One target in each kind of file.
    ///
    /// - Parameter probeKey: an object's key. Keys stand in the catalog in clear; what follows is the row.
    func targets(probeKey: String) async throws -> [Target] {
        let (store, keyring) = (store, keyring)
        return try await Offload.run { () throws(CommandFailure) in
            var targets: [Target] = []
            let files = try DirectoryWalk(of: store, keyBytesMax: 1024).whole()
            func first(
                _ title: String, _ place: Place, isOptional: Bool = false, where matches: (String) -> Bool
            ) throws(CommandFailure) {
                guard let found = files.first(where: { matches($0.name) && $0.sizeBytes > 0 }) else {
                    if isOptional { return }
                    throw CommandFailure(.demoFailed, "the store has no \(title)")
                }
                let file = FilePath("\(store.string)/\(found.name)")
                targets.append(Target(title: title, file: file, offsets: try place.offsets(in: file, found.sizeBytes)))
            }
            try first("journal segment", .ciphertext) { $0.hasPrefix("journal/") }
            // Small objects stand in the journal, and a directory may have no others.
            try first("a large object's own file", .ciphertext, isOptional: true) { $0.hasSuffix(".blob") }
            try first("catalog (LMDB)", .after(Array(probeKey.utf8))) { $0.hasSuffix("data.mdb") }
            try first("the wrapped key of an object under SSE-KMS", .wrappedKey(behind: DemoModes.letterBytes)) {
                $0.hasSuffix("data.mdb")
            }
            try first("store.json", .middle) { $0 == "store.json" }
            try first("metadata-key.json", .middle) { $0 == "metadata-key.json" }
            // But for the audit trail, which no object needs: what is done to that, `audit verify` tells.
            for file in try DirectoryWalk(of: keyring, keyBytesMax: 1024).whole()
            where file.sizeBytes > 0 && !file.name.contains("/audit") {
                let path = FilePath("\(keyring.string)/\(file.name)")
                targets.append(
                    Target(title: "keyring: \(file.name)", file: path, offsets: [file.sizeBytes / 2]))
            }
            return targets
        }
    }

    /// Flips one bit at each place; flipping again puts them back.
    func flip(_ target: Target) async throws {
        try await Offload.run { () throws(CommandFailure) in
            do {
                let descriptor = try FileDescriptor.open(target.file, .readWrite, options: .closeOnExec)
                defer { try? descriptor.close() }
                for offset in target.offsets {
                    var byte: [UInt8] = [0]
                    // Safe: one byte into an array of one.
                    _ = try unsafe byte.withUnsafeMutableBytes {
                        try unsafe descriptor.read(fromAbsoluteOffset: Int64(offset), into: $0)
                    }
                    try descriptor.writeAll(toAbsoluteOffset: Int64(offset), [byte[0] ^ 0x01])
                }
            } catch {
                throw .system("cannot damage", target.file, error as? Errno ?? .ioError)
            }
        }
    }
}
#endif
