#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// A folder whose files become objects of a store. What the store itself is made of is none of them: the journal while
/// it is written, and the keys that seal it.
enum FolderApart {
    /// - Parameter places: each with what it is called.
    /// - Throws: where the folder is, holds or lies in one of them, whatever links lead there. Blocking, if only for a
    ///   moment.
    static func check(_ folder: FilePath, from places: [(name: String, path: FilePath)]) throws(CommandFailure) {
        let folder = try resolved(folder)
        for place in places {
            let path = try resolved(place.path)
            let isInside = folder.starts(with: path)
            guard isInside || path.starts(with: folder) else { continue }
            throw CommandFailure(
                .invalidArgument,
                "the folder \(quoted(folder.string)) \(isInside ? "lies in" : "holds") \(place.name) "
                    + "\(quoted(path.string)); name one apart from it: what a store is made of is no object of it")
        }
    }

    /// Links resolved, as far as the path leads somewhere.
    private static func resolved(_ path: FilePath) throws(CommandFailure) -> FilePath {
        // Safe: realpath returns a terminated string that is ours to free.
        guard let resolved = unsafe realpath(path.string, nil) else { return try ModuleChoice.absolute(path) }
        defer { unsafe free(resolved) }
        return unsafe FilePath(platformString: resolved)
    }
}
#endif
