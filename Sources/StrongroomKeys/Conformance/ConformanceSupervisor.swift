internal import CStrongroomShims
internal import Glibc
internal import StrongroomSystem
public import SystemPackage

extension KeyModuleConformance {
    /// The child's side: runs all checks, tells standard output what it does, line by line, and returns
    /// the exit status. `path` and `keyring` are what the supervisor passed as the last two arguments; the settings
    /// stand before them, each as `--setting NAME=VALUE`.
    public static func runAsChild(
        path: FilePath, keyring: FilePath, settings: [String: String] = [:]
    ) async -> Int32 {
        let results = await run(path: path, keyring: keyring, settings: settings) { event in
            let line = ConformanceLine(event).text
            // Unbuffered: what has begun must be known even when the next instruction crashes.
            var bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
            // Safe: the array outlives the call. A line is shorter than a pipe's atomic write.
            _ = unsafe write(STDOUT_FILENO, &bytes, bytes.count)
        }
        return results.allSatisfy(\.passed) ? 0 : 1
    }

    /// Runs `executable` with `arguments`, the module's path and an empty folder for its keyring, and
    /// listens to what ``runAsChild(path:keyring:settings:)`` says there. A child that crashes, or is silent for
    /// longer than `timeoutSeconds`, fails the check that it was at. Blocks.
    public static func supervise(
        executable: FilePath, arguments: [String], module path: FilePath, settings: [String: String] = [:],
        timeoutSeconds: UInt64 = 30
    ) throws(KeyBackendError) -> [CheckResult] {
        let keyring = try ScratchFolder()
        let options = settings.sorted { $0.key < $1.key }.flatMap { ["--setting", "\($0.key)=\($0.value)"] }
        let child = try ChildProcess(
            executable: executable, arguments: arguments + options + [path.string, keyring.path.string])
        var results: [CheckResult] = []
        var running: Check?
        var end: String?
        while end == nil {
            switch child.nextLine(timeoutSeconds: timeoutSeconds) {
            case .line(let text):
                switch ConformanceLine(text: text)?.event {
                case .started(let check)?: running = check
                case .ended(let result)?:
                    results.append(result)
                    running = nil
                case nil: break  // The module's own output.
                }
            case .end: end = "the process ended: \(child.wait())"
            case .timeout:
                child.kill()
                end = "nothing happened for \(timeoutSeconds) seconds: it hangs"
            }
        }
        _ = child.wait()
        if let running { results.append(CheckResult(name: running.rawValue, failure: end)) }
        if results.isEmpty {
            throw KeyBackendError(
                .unavailable, "\(executable) ran no checks (\(end ?? "")); it must call runAsChild.")
        }
        return results
    }
}

/// One line between child and supervisor: `conformance started|passed|failed <check>[: what went wrong]`.
struct ConformanceLine {
    var event: KeyModuleConformance.Event

    init(_ event: KeyModuleConformance.Event) { self.event = event }

    var text: String {
        switch event {
        case .started(let check): "conformance started \(check.rawValue)"
        case .ended(let result):
            if let failure = result.failure {
                "conformance failed \(result.name): \(Self.singleLine(failure))"
            } else {
                "conformance passed \(result.name)"
            }
        }
    }

    /// Nil where the line is not one of ours.
    init?(text: String) {
        for check in KeyModuleConformance.Check.allCases {
            switch text {
            case "conformance started \(check.rawValue)": event = .started(check)
            case "conformance passed \(check.rawValue)": event = .ended(.init(name: check.rawValue))
            default:
                let prefix = "conformance failed \(check.rawValue): "
                guard text.hasPrefix(prefix) else { continue }
                event = .ended(.init(name: check.rawValue, failure: String(text.dropFirst(prefix.count))))
            }
            return
        }
        return nil
    }

    private static func singleLine(_ text: String) -> String {
        String(text.unicodeScalars.prefix(2000).map { $0.value < 0x20 ? " " : Character($0) })
    }
}

/// A folder of mode 0700 for a module's keyring, removed with all that the module left in it.
private struct ScratchFolder: ~Copyable {
    let path: FilePath

    init() throws(KeyBackendError) {
        var name = Array("/tmp/strongroom-module-check-XXXXXX".utf8CString)
        // Safe: a terminated template that outlives the call.
        guard unsafe mkdtemp(&name) != nil else {
            throw KeyBackendError(
                .unavailable, "Cannot make a folder in /tmp: \(Errno(rawValue: errno)).",
                underlying: Errno(rawValue: errno))
        }
        path = FilePath(String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    deinit { Self.remove(path, in: AT_FDCWD) }

    /// Follows no symbolic link: the module may have made some.
    private static func remove(_ path: FilePath, in directory: CInt) {
        // Safe throughout: names are copied for the length of each call; entries are read before the next call.
        if unsafe unlinkat(directory, path.string, 0) == 0 { return }
        let descriptor = unsafe openat(directory, path.string, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, let stream = unsafe fdopendir(descriptor) else { return }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { remove(FilePath(name), in: descriptor) }
        }
        unsafe closedir(stream)
        _ = unsafe unlinkat(directory, path.string, AT_REMOVEDIR)
    }
}
