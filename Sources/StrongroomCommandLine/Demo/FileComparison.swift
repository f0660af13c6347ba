#if CommandLineTool
internal import SystemPackage

/// Compares files byte for byte.
enum FileComparison {
    private static let partBytes = 1 << 20

    /// Blocking: call it through ``Offload``.
    static func areEqual(_ left: FilePath, _ right: FilePath) throws(CommandFailure) -> Bool {
        let (left, right) = (try InputFile(left.string), try InputFile(right.string))
        while true {
            // A short read happens at the end of a regular file and nowhere else.
            let (a, b) = (try left.read(partBytes), try right.read(partBytes))
            guard a == b else { return false }
            if a.isEmpty { return true }
        }
    }

    /// The names, below both directories, of the files that differ or are missing on the right.
    static func differences(
        _ names: [String], _ left: FilePath, _ right: FilePath
    ) async throws -> [String] {
        try await Offload.run { () throws(CommandFailure) in
            var different: [String] = []
            for name in names {
                let (a, b) = (FilePath("\(left.string)/\(name)"), FilePath("\(right.string)/\(name)"))
                let equal: Bool
                do throws(CommandFailure) {
                    equal = try areEqual(a, b)
                } catch {
                    equal = false
                }
                if !equal { different.append(name) }
            }
            return different
        }
    }
}
#endif
