#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// Standard output and standard error of whoever runs the command.
///
/// A line is one `write(2)`: a process killed in the middle of its work has printed a line or has not (up to
/// `PIPE_BUF` in a pipe), and what a script reads was true when it was printed. A reader that goes away ends
/// the process by `SIGPIPE`, as it does `cat`.
struct Console: Sendable {
    /// `--json`: one object per line instead of text for people.
    var json: Bool
    /// Kept: lines are printed by what the library calls back, too.
    private let surroundings = Surroundings.current

    init(json: Bool) { self.json = json }

    /// Prints the record as JSON or, for people, the text.
    func emit(_ record: some Encodable, text: @autoclosure () -> String) {
        if json {
            write(JSONLines.encode(record), to: surroundings.output)
        } else {
            line(text())
        }
    }

    /// Prints a line that is JSON already, or for people the text.
    func emit(json line: [UInt8], text: @autoclosure () -> String) {
        if json {
            write(line + [UInt8(ascii: "\n")], to: surroundings.output)
        } else {
            self.line(text())
        }
    }

    /// Text for people; nothing under `--json`: a sum of what was printed line by line. A command that changes
    /// something prints what, for scripts too (``emit(_:text:)``), by the names that its neighbours have.
    func say(_ text: @autoclosure () -> String) {
        if !json { line(text()) }
    }

    /// A remark that is no result: to standard error, so that it never mixes with what a script reads.
    func warn(_ text: String) {
        if json {
            write(JSONLines.encode(WarningLine(warning: .init(message: text))), to: surroundings.error)
        } else {
            remark(text)
        }
    }

    private func remark(_ text: String) { write([UInt8]("strongroom: \(text)\n".utf8), to: surroundings.error) }

    /// How the command is used, where it was used wrongly.
    func explain(_ text: String) { write([UInt8]((text + "\n").utf8), to: surroundings.error) }

    /// The failure that ends the command.
    func fail(_ error: ErrorLine) {
        if json {
            write(JSONLines.encode(error), to: surroundings.error)
        } else {
            let place = error.error.bucket.map { bucket in
                " [" + quoted(error.error.key.map { "\(bucket)/\($0)" } ?? bucket) + "]"
            }
            remark("\(error.error.code): \(error.error.message)\(place ?? "")")
        }
    }

    private func line(_ text: String) {
        write([UInt8]((text + "\n").utf8), to: surroundings.output)
    }

    private func write(_ bytes: [UInt8], to descriptor: FileDescriptor) {
        // Safe: a UInt8 is raw bytes.
        write(unsafe bytes.span.bytes, to: descriptor)
    }

    /// - Parameter lost: what to do about it where this is not printed, and cannot be printed again.
    func write(_ bytes: RawSpan, to descriptor: FileDescriptor? = nil, lost: String? = nil) {
        let isResult = descriptor == nil || descriptor == surroundings.output
        do {
            // Safe: the system reads within the buffer, which outlives the call.
            _ = try unsafe bytes.withUnsafeBytes { try unsafe (descriptor ?? surroundings.output).writeAll($0) }
        } catch {
            if isResult { tellUnprinted(error as? Errno ?? .ioError, lost: lost) }
            surroundings.whenUnread()
        }
    }

    /// Says that standard output takes no more. Whoever reads no more has seen enough, unless it cannot be printed
    /// again.
    private func tellUnprinted(_ reason: Errno, lost: String?) {
        guard surroundings.isUnprinted.set(), reason != .brokenPipe || lost != nil else { return }
        let remedy = lost ?? "What the command did is done, but not all was printed: make room, or print elsewhere."
        let message = "cannot write to standard output: \(reason). \(remedy)"
        fail(ErrorLine(error: .init(code: CommandFailure.Code.inputOutput.rawValue, message: message)))
    }

    static func isTerminal(_ descriptor: FileDescriptor) -> Bool {
        isatty(descriptor.rawValue) == 1
    }
}
#endif
