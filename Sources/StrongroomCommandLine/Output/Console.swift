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

    /// Text for people; nothing under `--json`.
    func say(_ text: @autoclosure () -> String) {
        if !json { line(text()) }
    }

    /// A remark that is no result: to standard error, so that it never mixes with what a script reads.
    func warn(_ text: String) {
        write([UInt8]("strongroom: \(text)\n".utf8), to: surroundings.error)
    }

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
            warn("\(error.error.code): \(error.error.message)\(place ?? "")")
        }
    }

    private func line(_ text: String) {
        write([UInt8]((text + "\n").utf8), to: surroundings.output)
    }

    private func write(_ bytes: [UInt8], to descriptor: FileDescriptor) {
        // Safe: a UInt8 is raw bytes.
        write(unsafe bytes.span.bytes, to: descriptor)
    }

    /// To standard output.
    func write(_ bytes: RawSpan) { write(bytes, to: surroundings.output) }

    private func write(_ bytes: RawSpan, to descriptor: FileDescriptor) {
        do {
            // Safe: the system reads within the buffer, which outlives the call.
            _ = try unsafe bytes.withUnsafeBytes { try unsafe descriptor.writeAll($0) }
        } catch {
            // Nobody is left to be told: standard output is closed or full.
            surroundings.whenUnread()
        }
    }

    static func isTerminal(_ descriptor: FileDescriptor) -> Bool {
        isatty(descriptor.rawValue) == 1
    }
}
#endif
