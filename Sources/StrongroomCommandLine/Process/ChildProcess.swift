#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// Another run of this program.
struct ChildProcess: Sendable {
    let pid: pid_t

    enum End: Equatable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    /// Standard output and standard error go to files, or where ours go.
    ///
    /// - Parameter dumpsCrash: false where its crash is expected, and told of by us: Swift's runtime does not print
    ///   threads and registers then, unless the user has set it up to do so.
    init(
        _ arguments: [String], standardOutput: FilePath? = nil, standardError: FilePath? = nil,
        dumpsCrash: Bool = true
    ) throws(CommandFailure) {
        // Safe: the structure is initialised here, used by this function only, and destroyed at its end.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        if let standardOutput {
            unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, standardOutput.string, flags, 0o600)
        }
        if let standardError {
            unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, standardError.string, flags, 0o600)
        }
        // Safe: strdup's copies live until they are freed below, after the call that reads them.
        let strings = unsafe (["strongroom"] + arguments).map { unsafe strdup($0) }
        defer { unsafe strings.forEach { unsafe free($0) } }
        // Safe: getenv's text is not kept; the copy is freed below, after the call that reads it.
        let isQuiet = unsafe !dumpsCrash && getenv("SWIFT_BACKTRACE") == nil
        let quiet: [UnsafeMutablePointer<CChar>?] = unsafe isQuiet ? [strdup("SWIFT_BACKTRACE=enable=no")] : []
        defer { unsafe quiet.forEach { unsafe free($0) } }
        var variables = unsafe quiet
        // Safe: the list ends with nil, and nothing in this process changes it.
        var inherited = unsafe environ
        while let variable = unsafe inherited.pointee {
            unsafe variables.append(variable)
            unsafe inherited += 1
        }
        var child: pid_t = 0
        let result = unsafe posix_spawn(
            &child, "/proc/self/exe", &actions, nil, strings + [nil], variables + [nil])
        guard result == 0 else { throw .system("cannot start", "/proc/self/exe", Errno(rawValue: result)) }
        pid = child
    }

    /// Waits for the end. Cancelling the task asks the child to stop cleanly.
    func run() async throws(CommandFailure) -> End {
        do {
            return try await withTaskCancellationHandler {
                try await Offload.run { wait() }
            } onCancel: {
                // It shares our terminal's signals, but not those that were sent to us alone.
                _ = Glibc.kill(pid, SIGTERM)
            }
        } catch {
            throw error as? CommandFailure ?? CommandFailure(.inputOutput, "\(error)")
        }
    }

    /// Blocking: call it through ``Offload``. Once.
    func wait() -> End {
        var status: Int32 = 0
        // Safe: `status` is what the call fills in. EINTR is the only way for it to fail on a child of ours.
        while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        // WIFEXITED, WEXITSTATUS and WTERMSIG are macros; this is what they do.
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }

    /// Whether there is nothing left to kill. Does not take the end away from ``wait()``.
    func hasEnded() -> Bool {
        // Safe: `information` is what the call fills in; its process id stays zero while the child runs.
        var information = unsafe siginfo_t()
        guard unsafe waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else { return true }
        return unsafe information._sifields._sigchld.si_pid != 0
    }

    func kill() {
        Glibc.kill(pid, SIGKILL)
    }
}
#endif
