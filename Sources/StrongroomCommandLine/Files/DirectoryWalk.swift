#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// What an import finds below a directory: regular files. Links are not followed (a link may lead outside, or
/// in a circle), and what is no file (sockets, devices) has no bytes to keep; both are reported, not passed over.
struct DirectoryWalk: Sendable {
    struct File: Equatable, Sendable {
        /// Path below the directory, components joined by slashes: the object's key.
        var name: String
        var sizeBytes: UInt64
    }

    struct Skipped: Equatable, Sendable {
        enum Reason: String, Sendable {
            case symbolicLink = "a symbolic link"
            case special = "no regular file"
            case notUTF8 = "its name is not UTF-8"
            case tooLong = "its name is longer than a key can be"
        }
        var name: String
        var reason: Reason
    }

    private(set) var files: [File] = []
    private(set) var skipped: [Skipped] = []

    var totalBytes: UInt64 { files.reduce(0) { $0 + $1.sizeBytes } }

    /// - Parameter keyBytesMax: names longer than this are skipped and reported.
    init(of root: FilePath, keyBytesMax: Int) throws(CommandFailure) {
        var pending = [""]
        while let directory = pending.popLast() {
            let path = directory.isEmpty ? root : FilePath("\(root.string)/\(directory)")
            for entry in try DirectoryEntries.read(path) {
                guard let component = entry.name else {
                    let shown = directory + "/" + entry.nameForDisplay
                    skipped.append(Skipped(name: shown, reason: .notUTF8))
                    continue
                }
                let name = directory.isEmpty ? component : "\(directory)/\(component)"
                switch entry.kind {
                case .directory: pending.append(name)
                case .regular where name.utf8.count > keyBytesMax:
                    skipped.append(Skipped(name: name, reason: .tooLong))
                case .regular: files.append(File(name: name, sizeBytes: entry.sizeBytes))
                case .symbolicLink: skipped.append(Skipped(name: name, reason: .symbolicLink))
                case .special: skipped.append(Skipped(name: name, reason: .special))
                }
            }
        }
        // The order of a directory is the file system's whim; a stable order makes runs comparable.
        files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
#endif
