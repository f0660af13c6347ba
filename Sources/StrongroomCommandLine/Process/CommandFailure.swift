#if CommandLineTool
internal import Strongroom

/// An operation failed on the command line's side of the library: a file, a terminal, a name.
struct CommandFailure: Error, Equatable, Sendable {
    struct Code: Equatable, Sendable {
        let rawValue: String
        static let unsafeFileName = Code(rawValue: "unsafeFileName")
        static let invalidArgument = Code(rawValue: "invalidArgument")
        static let fileExists = Code(rawValue: "fileExists")
        static let consumerExists = Code(rawValue: "consumerExists")
        static let inputOutput = Code(rawValue: "inputOutput")
        static let cancelled = Code(rawValue: "cancelled")
        static let verificationFailed = Code(rawValue: "verificationFailed")
        static let invalidRange = Code(rawValue: "invalidRange")
        static let untrustedModule = Code(rawValue: "untrustedModule")
        static let moduleFailed = Code(rawValue: "moduleFailed")
        static let secretMemory = Code(rawValue: "secretMemoryUnavailable")
        static let resealFailed = Code(rawValue: "resealFailed")
        static let rewrapFailed = Code(rawValue: "rewrapFailed")
        static let lifecycleFailed = Code(rawValue: "lifecycleFailed")
        static let malformedFile = Code(rawValue: "malformedFile")
        static let notFound = Code(rawValue: "notFound")
        static let commandNotRun = Code(rawValue: "commandNotRun")
        static let descriptorLimit = Code(rawValue: "descriptorLimit")
        static let exportFailed = Code(rawValue: "exportFailed")
        static let keyNotFound = Code(rawValue: "keyNotFound")
        static let demoFailed = Code(rawValue: "demoFailed")
    }

    var code: Code
    /// What went wrong and the remedy.
    var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension Error {
    /// Whether it says that the work was stopped, in any of the ways in which that is said.
    var isCancellation: Bool {
        self is CancellationError || (self as? StoreError)?.code == .cancelled
            || (self as? CommandFailure)?.code == .cancelled
    }
}
#endif
