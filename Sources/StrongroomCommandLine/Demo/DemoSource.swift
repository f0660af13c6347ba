#if CommandLineTool
internal import Strongroom
internal import SystemPackage

/// The real files that the demo stores.
struct DemoSource: Sendable {
    let path: FilePath
    let walk: DirectoryWalk

    /// Enough to be convincing, little enough to take seconds.
    static let filesMin = 2_000
    static let bytesMax: UInt64 = 768 << 20
    /// Every Debian machine that can build Strongroom has thousands of files in the first, or else in one of
    /// the others.
    static let candidates: [FilePath] = ["/usr/share", "/usr/include", "/usr/lib", "/usr", "/etc"]

    init(_ path: FilePath) async throws {
        self.path = path
        walk = try await Offload.run { () throws(CommandFailure) in
            try DirectoryWalk(of: path, keyBytesMax: ObjectKey.lengthBytes.upperBound)
        }
        guard !walk.files.isEmpty else {
            throw CommandFailure(.inputOutput, "there is no file below \(quoted(path.string)). Name another directory")
        }
    }

    static func choose() async throws -> DemoSource {
        for candidate in candidates {
            guard let source = try? await DemoSource(candidate) else { continue }
            if source.walk.files.count >= filesMin && source.walk.totalBytes <= bytesMax { return source }
        }
        throw CommandFailure(
            .inputOutput,
            "no directory here has at least \(filesMin) files of at most \(HumanUnits.bytes(bytesMax)) together. "
                + "Name one: strongroom demo DIRECTORY")
    }
}
#endif
