internal import CStrongroomShims
internal import Glibc
package import SystemPackage

/// A child process whose standard output is read line by line. Everything blocks.
///
/// Started by posix_spawn, because a fork without exec would run our threads' locks into the child.
package final class ChildProcess {
    package enum Output {
        case line(String)
        /// The child has closed its output.
        case end
        case timeout
    }

    /// Longer lines are cut: a child must not fill our memory.
    private static let lineSizeBytesMax = 8192

    private let processID: pid_t
    private let output: CInt
    private var pending: [UInt8] = []
    private let isGroup: Bool
    private var ended: String?

    /// - Parameters:
    ///   - executable: its path.
    ///   - arguments: all but its own name.
    ///   - isGroup: whether what the child starts itself ends with it, where it is killed; signals of a terminal then
    ///     do not reach it.
    package init(executable: FilePath, arguments: [String], isGroup: Bool = false) throws(KeyBackendError) {
        // Safe throughout: each copy is freed after the call, which does not keep them.
        var copies: [UnsafeMutablePointer<CChar>?] = unsafe ([executable.string] + arguments).map { unsafe strdup($0) }
        unsafe copies.append(nil)
        defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
        var (processID, output): (CInt, CInt) = (-1, -1)
        let code = unsafe strongroom_spawn(executable.string, copies, isGroup ? 1 : 0, &processID, &output)
        guard code == 0 else {
            let error = Errno(rawValue: code)
            throw KeyBackendError(.unavailable, "Cannot start \(executable): \(error).", underlying: error)
        }
        self.processID = processID
        self.output = output
        self.isGroup = isGroup
    }

    deinit {
        kill()
        _ = wait()
        Glibc.close(output)
    }

    /// The next line, unless none comes within `timeoutSeconds`.
    package func nextLine(timeoutSeconds: UInt64) -> Output {
        let deadline = ContinuousClock.now + .seconds(Int64(timeoutSeconds))
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return .line(line)
            }
            if pending.count > Self.lineSizeBytesMax { pending.removeAll() }
            var wanted = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            // Safe: one structure that outlives the call.
            let ready = unsafe poll(&wanted, 1, Self.milliseconds(until: deadline))
            if ready < 0, errno == EINTR { continue }
            if ready == 0 { return .timeout }
            var buffer = [UInt8](repeating: 0, count: 4096)
            // Safe: the buffer has the size given.
            let count = unsafe read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return .end }
            pending += buffer[..<count]
        }
    }

    /// Ends the child, if it has not ended.
    package func kill() {
        if ended == nil { Glibc.kill(isGroup ? -processID : processID, SIGKILL) }
    }

    /// Waits for the child's end, and says how it came.
    package func wait() -> String {
        if let ended { return ended }
        var status: Int32 = 0
        // Safe: the status outlives the call.
        while unsafe waitpid(processID, &status, 0) < 0 {
            // Somebody else in this process waits for all children, or lets none be waited for.
            guard errno == EINTR else {
                ended = "an end that cannot be told"
                return "an end that cannot be told"
            }
        }
        let code = strongroom_exit_code(status)
        let how = code < 0 ? "signal \(-code) (\(Self.signalName(-code)))" : "exit status \(code)"
        ended = how
        return how
    }

    /// The same, unless it does not come within `timeoutSeconds`: then nil.
    package func wait(timeoutSeconds: UInt64) -> String? {
        let deadline = ContinuousClock.now + .seconds(Int64(timeoutSeconds))
        while ended == nil {
            // Safe: the structure is ours. It stays zero while the child runs.
            var information = unsafe siginfo_t()
            let flags = WEXITED | WNOHANG | WNOWAIT
            if unsafe waitid(P_PID, id_t(processID), &information, flags) != 0 || information.si_signo != 0 {
                return wait()
            }
            guard Self.milliseconds(until: deadline) > 0 else { return nil }
            usleep(5_000)
        }
        return ended
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let left = deadline - .now
        return left <= .zero ? 0 : Int32(clamping: Int64(left / .milliseconds(1)) + 1)
    }

    private static func signalName(_ number: Int32) -> String {
        guard let name = unsafe strsignal(number) else { return "unknown" }
        // Safe: strsignal returns a terminated string, copied at once.
        return unsafe String(cString: name)
    }
}
