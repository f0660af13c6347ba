#if CommandLineTool
internal import Strongroom
internal import SystemPackage

/// The real files that the demo stores.
struct DemoSource: Sendable {
    let path: FilePath
    let walk: DirectoryWalk

    /// Enough to be convincing, little enough to take seconds.
    static let files = 2_000...15_000
    static let bytesMax: UInt64 = 256 << 20
    /// Every Debian machine that can build Strongroom has thousands of files in the first, or else in one of
    /// the others.
    static let candidates: [FilePath] = ["/usr/share", "/usr/include", "/usr/share/doc", "/usr/lib", "/usr"]

    init(_ path: FilePath) async throws {
        self.path = path
        walk = try await Offload.run { () throws(CommandFailure) in
            try DirectoryWalk(of: path, keyBytesMax: ObjectKey.lengthBytes.upperBound)
        }
        guard !walk.files.isEmpty else {
            throw CommandFailure(.inputOutput, "there is no file below \(quoted(path.string)). Name another directory")
        }
        if let failure = walk.failures.first {
            throw CommandFailure(.inputOutput, "not all can be stored: \(failure). Name another directory")
        }
    }

    static func choose() async throws -> DemoSource {
        for candidate in candidates {
            guard let source = try? await DemoSource(candidate) else { continue }
            if files.contains(source.walk.files.count) && source.walk.totalBytes <= bytesMax { return source }
        }
        throw CommandFailure(
            .inputOutput,
            "no usual directory here has \(files.lowerBound) to \(files.upperBound) files of at most "
                + "\(HumanUnits.bytes(bytesMax)) together. "
                + "Name one: strongroom demo DIRECTORY")
    }
}
#endif
