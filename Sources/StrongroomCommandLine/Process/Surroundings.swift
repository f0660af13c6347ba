#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// What a command has around it: where its user's names of files begin, and what it reads from and prints to. They are
/// this process's own, or those of a process that has its command run here (``ControlServer``).
struct Surroundings: Sendable {
    var input: FileDescriptor
    var output: FileDescriptor
    var error: FileDescriptor
    /// Where relative names of files begin; nil for this process's working directory.
    var directory: FilePath?
    /// The store that commands work on which name none; nil for what the environment names.
    var store: FilePath?
    /// What becomes of a command that prints where nobody reads any more.
    var whenUnread: @Sendable () -> Void
    /// Whether something could not be printed, which is told once.
    let isUnprinted = OnceFlag()

    static let process = Surroundings(
        input: .standardInput, output: .standardOutput, error: .standardError, whenUnread: { exit(1) })

    /// Inherited by the tasks of a command and by what it has done apart (``Offload``). What is called back from
    /// elsewhere does not see it, and keeps what it needs.
    @TaskLocal static var current = process

    /// The file of that name, which the user gave.
    func path(_ name: String) -> FilePath {
        directory.map { $0.pushing(FilePath(name)) } ?? FilePath(name)
    }
}
#endif
