/// Why a secret could not be kept or used: what went wrong and how it may be remedied.
public struct SecretMemoryError: Error, Sendable, CustomStringConvertible {
    /// What kind of fault it is. Extensible: compare with the static members.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String
        private init(_ name: String) { self.name = name }

        /// The name of the code, as it is written in the source.
        public var description: String { name }

        /// The kernel refused to lock pages into memory.
        public static let cannotLock = Code("cannotLock")
        /// The kernel gave no memory.
        public static let cannotMap = Code("cannotMap")
        /// The kernel cannot keep pages out of core dumps or forked children.
        public static let cannotProtect = Code("cannotProtect")
        /// This process was forked; the kernel wiped every secret in the child.
        public static let wipedByFork = Code("wipedByFork")
    }

    /// What kind of fault it is.
    public let code: Code
    /// What went wrong and what to do about it. Never holds a secret.
    public let message: String

    /// The code and the message.
    public var description: String { "\(code): \(message)" }
}

extension SecretMemoryError {
    static let wipedByFork = SecretMemoryError(
        code: .wipedByFork,
        message: "this process was forked, and secrets are wiped in the child. "
            + "Open the store anew in a process that was started by exec, not by fork alone.")

    static func cannotLock(systemError: Int32, limitBytes: UInt64) -> SecretMemoryError {
        let limit = limitBytes == .max ? "unlimited" : "\(limitBytes) bytes"
        return SecretMemoryError(
            code: .cannotLock,
            message: "the kernel refused to lock memory for keys (errno \(systemError), RLIMIT_MEMLOCK is \(limit)). "
                + "Raise the limit (`ulimit -l`, or LimitMEMLOCK= in a systemd unit; 8 MiB hold 100,000 keys), "
                + "or call SecretMemory.allowUnlocked() to accept keys in memory that may be swapped out.")
    }

    static func cannotMap(systemError: Int32) -> SecretMemoryError {
        SecretMemoryError(
            code: .cannotMap,
            message: "the kernel gave no memory for keys (errno \(systemError)). Free memory or raise RLIMIT_AS.")
    }

    static func cannotProtect(systemError: Int32) -> SecretMemoryError {
        SecretMemoryError(
            code: .cannotProtect,
            message: "the kernel cannot keep keys out of core dumps and forked children (madvise failed with errno "
                + "\(systemError)). Linux 4.14 or later is needed.")
    }
}

/// An error that can carry a `SecretMemoryError`, so that a body which uses a secret throws one typed
/// error for its own faults and for those of the memory it stands in.
public protocol SecretMemoryErrorConvertible: Error {
    /// Wraps the fault of the memory.
    init(secretMemory error: SecretMemoryError)
}

extension SecretMemoryError: SecretMemoryErrorConvertible {
    /// The error itself.
    public init(secretMemory error: SecretMemoryError) { self = error }
}
