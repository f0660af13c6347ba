internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

/// A counter that only goes up, in a place of its own such as a TPM, reached by a program: see
/// ``StoreOptions/anchorCounter``. All calls block.
struct CounterProgram: Sendable {
    private enum Command: String {
        case read
        case advance
    }

    static let timeoutSecondsDefault: UInt64 = 30

    let path: FilePath
    let timeoutSeconds: UInt64

    init(_ path: FilePath, timeoutSeconds: UInt64 = timeoutSecondsDefault) {
        self.path = path
        self.timeoutSeconds = timeoutSeconds
    }

    /// What the counter is.
    func read() throws(StorageError) -> UInt64 { try answer(.read) }

    /// Takes it one step up, and says what it is then.
    func advance() throws(StorageError) -> UInt64 { try answer(.advance) }

    private func answer(_ command: Command) throws(StorageError) -> UInt64 {
        do throws(KeyBackendError) {
            // Whoever can change the program can have it say what they like.
            try TrustedPath.check(path, .notWritableByOthers)
            let child = try ChildProcess(executable: path, arguments: [command.rawValue], isGroup: true)
            var line: String?
            let start = ContinuousClock.now
            if case .line(let found) = child.nextLine(timeoutSeconds: timeoutSeconds) { line = found }
            let seconds = UInt64((ContinuousClock.now - start).components.seconds)
            let end = child.wait(timeoutSeconds: timeoutSeconds - min(timeoutSeconds, seconds))
            guard let line, end == "exit status 0" else {
                throw failure(
                    command,
                    end.map { "ended with \($0) and \(line == nil ? "no line" : "a line")" }
                        ?? "did not answer in \(timeoutSeconds) seconds")
            }
            guard let value = Self.number(line) else {
                throw failure(command, "printed \(line.prefix(64).debugDescription) and no number of decimal digits")
            }
            return value
        } catch {
            throw StorageError(
                error.code == .unsafePermissions ? .unsafePermissions : .anchorUnavailable, error.message, path: path)
        }
    }

    private static func number(_ line: String) -> UInt64? {
        let isNumber = line.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isNumber ? UInt64(line) : nil
    }

    private func failure(_ command: Command, _ what: String) -> KeyBackendError {
        KeyBackendError(
            .unavailable,
            "The counter's program, run with '\(command.rawValue)', \(what); see that it prints the counter's value and "
                + "ends with status 0.")
    }
}
