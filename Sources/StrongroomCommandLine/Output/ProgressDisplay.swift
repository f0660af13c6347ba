#if CommandLineTool
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// Shows ``Progress`` on standard error while work goes on: on a terminal, and nowhere else.
final class ProgressDisplay: Sendable {
    private struct State {
        var progress: Progress
        var drawn: ContinuousClock.Instant?
    }

    private let state: Mutex<State>
    private let started = ContinuousClock.now
    private let visible: Bool
    private let terminal: FileDescriptor

    /// No more often than this: a terminal is slower than the work it watches.
    private static let interval = Duration.milliseconds(100)

    init(_ progress: Progress, console: Console) {
        state = Mutex(State(progress: progress, drawn: nil))
        // Under --json on one terminal, the lines are the progress.
        let surroundings = Surroundings.current
        terminal = surroundings.error
        let mixed = console.json && Console.isTerminal(surroundings.output)
        visible = Console.isTerminal(terminal) && !mixed
    }

    func advance(objects: UInt64 = 0, bytes: UInt64 = 0) {
        let line: String? = state.withLock { state in
            state.progress.objects += objects
            state.progress.bytes += bytes
            guard visible else { return nil }
            let now = ContinuousClock.now
            if let drawn = state.drawn, now - drawn < Self.interval { return nil }
            state.drawn = now
            return state.progress.line(elapsed: now - started, width: terminalWidth - 1)
        }
        if let line { draw(line) }
    }

    /// Takes the line off the screen; what follows begins on a clean one.
    func finish() {
        if visible { draw("") }
    }

    var elapsed: Duration { ContinuousClock.now - started }

    private func draw(_ line: String) {
        // A terminal that somebody has stopped does not hold up the work that is shown on it.
        var room = pollfd(fd: terminal.rawValue, events: Int16(POLLOUT), revents: 0)
        // Safe: one descriptor, which outlives the call.
        guard unsafe poll(&room, 1, 0) > 0 else { return }
        // Carriage return, the line, and “erase to the end of the line” (ECMA-48, EL).
        _ = try? terminal.writeAll("\r\(line)\u{1B}[K".utf8)
    }

    private var terminalWidth: Int {
        var size = winsize()
        // `size` outlives the call and has the type that this request fills in.
        let result = unsafe ioctl(terminal.rawValue, UInt(TIOCGWINSZ), &size)
        return result == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
#endif
