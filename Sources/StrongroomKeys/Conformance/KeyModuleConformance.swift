internal import StrongroomSystem
public import SystemPackage

/// Whether a module keeps the contract of `strongroom_key_backend.h`, check by check.
///
/// A module that crashes or never returns takes the process with it, so
/// ``supervise(executable:arguments:module:settings:timeoutSeconds:)`` runs the checks in a child and turns its end
/// into a failed check.
public enum KeyModuleConformance {
    /// How one check went.
    public struct CheckResult: Sendable, Hashable {
        /// What was checked, such as "unwrap returns the key".
        public var name: String
        /// Nil: passed. Else what went wrong.
        public var failure: String?

        /// Whether the module did what the contract asks.
        public var passed: Bool { failure == nil }

        /// A result.
        public init(name: String, failure: String? = nil) {
            self.name = name
            self.failure = failure
        }
    }

    /// What a running check tells a supervisor.
    enum Event: Sendable {
        case started(Check)
        case ended(CheckResult)
    }

    /// Seconds that a module has for one call before a check fails.
    static let callDeadlineSeconds: UInt64 = 5

    /// The checks, in the order in which they run. The first ones are needed by all others: where one of
    /// them fails, the rest is not run.
    enum Check: String, CaseIterable, Sendable {
        case load = "can be loaded"
        case table = "has a table of this version"
        case open = "opens"
        case describe = "describes its key"
        case generate = "generates new keys"
        case unwrap = "unwrap returns the key"
        case damaged = "damaged wrapped keys are refused"
        case otherKey = "unknown keys are refused"
        case context = "binds the context if it says so"
        case rewrap = "rewrap keeps the key"
        case room = "asks for room that is missing"
        case tags = "knows which entries to skip"
        case malformed = "malformed requests are refused"
        case concurrency = "serves 64 threads"
        case cancellation = "completes what was cancelled"
        case control = "control answers JSON"
        case close = "closes"
        case reopen = "unwraps after reopening"
        case completion = "completes exactly once"

        /// Whether the others make sense without it.
        var isFundamental: Bool {
            switch self {
            case .load, .table, .open, .describe, .generate, .unwrap: true
            default: false
            }
        }
    }

    /// Runs all checks in this process. The module stays loaded.
    ///
    /// - Parameters:
    ///   - path: the module; trusted for this run with whatever content it has.
    ///   - keyring: an empty folder of mode 0700 for the module's use.
    ///   - settings: what the module cannot be opened without, such as where its service is.
    public static func run(
        path: FilePath, keyring: FilePath, settings: [String: String] = [:]
    ) async -> [CheckResult] {
        await run(path: path, keyring: keyring, settings: settings) { _ in }
    }

    static func run(
        path: FilePath, keyring: FilePath, settings: [String: String], report: @Sendable (Event) -> Void
    ) async -> [CheckResult] {
        var results: [CheckResult] = []
        var run = ConformanceRun(path: path, keyring: keyring, settings: settings)
        for check in Check.allCases {
            report(.started(check))
            let result: CheckResult
            do throws(ConformanceFailure) {
                try await run.perform(check)
                result = CheckResult(name: check.rawValue)
            } catch {
                result = CheckResult(name: check.rawValue, failure: error.message)
            }
            report(.ended(result))
            results.append(result)
            if !result.passed, check.isFundamental { break }
        }
        return results
    }
}

/// Why a check failed.
struct ConformanceFailure: Error {
    var message: String

    init(_ message: String) { self.message = message }
}
