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
        }
        var name: String
        var reason: Reason
    }

    private(set) var files: [File] = []
    private(set) var skipped: [Skipped] = []
    /// What is to be stored and cannot be, each with the reason: files, and directories with all that is in them.
    private(set) var failures: [String] = []

    var totalBytes: UInt64 { files.reduce(0) { $0 + $1.sizeBytes } }

    /// The files of a directory of which nothing may be left out.
    func whole() throws(CommandFailure) -> [File] {
        guard let failure = failures.first else { return files }
        throw CommandFailure(.inputOutput, "not all can be read: \(failure)")
    }

    private let root: FilePath
    private let keyBytesMax: Int

    /// - Parameter keyBytesMax: files with longer names are failures.
    /// - Throws: where `root` itself cannot be read. What cannot below it keeps nothing else out.
    init(of root: FilePath, keyBytesMax: Int) throws(CommandFailure) {
        (self.root, self.keyBytesMax) = (root, keyBytesMax)
        var pending = add(try DirectoryEntries.read(root), below: "")
        while let directory = pending.popLast() {
            do throws(CommandFailure) {
                pending += add(try DirectoryEntries.read(path(directory)), below: directory + "/")
            } catch {
                failures.append(error.message)
            }
        }
        // The order of a directory is the file system's whim; a stable order makes runs comparable.
        files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// - Returns: the directories among them.
    private mutating func add(_ entries: [DirectoryEntry], below directory: String) -> [String] {
        var directories: [String] = []
        for entry in entries {
            let name = directory + entry.nameForDisplay
            switch entry.kind {
            case .symbolicLink: skipped.append(Skipped(name: name, reason: .symbolicLink))
            case .special: skipped.append(Skipped(name: name, reason: .special))
            case .unknown(let error):
                failures.append(CommandFailure.system("cannot read", path(name), error).message)
            case .regular, .directory:
                if entry.name == nil {
                    fail(name, "has a name that is not UTF-8, as keys are; rename it")
                } else if case .directory = entry.kind {
                    directories.append(name)
                } else if name.utf8.count > keyBytesMax {
                    fail(name, "has a longer name than a key can have; rename it, or import from further below")
                } else {
                    files.append(File(name: name, sizeBytes: entry.sizeBytes))
                }
            }
        }
        return directories
    }

    private mutating func fail(_ name: String, _ why: String) {
        failures.append("\(quoted(path(name).string)) \(why)")
    }

    private func path(_ name: String) -> FilePath { FilePath("\(root.string)/\(name)") }
}
#endif
