/// Why bytes could not be sealed or opened: what went wrong and how it may be remedied.
package struct SealError: Error, Sendable, CustomStringConvertible {
    /// What kind of fault it is. Extensible: compare with the static members.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String
        private init(_ name: String) { self.name = name }
        package var description: String { name }

        /// Other key, other context, or a damaged header: told apart from damage further on, because
        /// the header commits to key and context.
        package static let commitmentMismatch = Code("commitmentMismatch")
        /// The chunk `chunkIndex` is not what was sealed at its place.
        package static let chunkNotAuthentic = Code("chunkNotAuthentic")
        package static let truncated = Code("truncated")
        package static let trailingData = Code("trailingData")
        /// Keys of sealed streams have 32 bytes: a backend that gives others is refused.
        package static let invalidKeySize = Code("invalidKeySize")
        package static let unknownSuite = Code("unknownSuite")
        package static let limitExceeded = Code("limitExceeded")
        package static let secretMemory = Code("secretMemory")
        /// The cryptographic library failed or lacks an algorithm.
        package static let cryptoFailure = Code("cryptoFailure")
    }

    package var code: Code
    /// What went wrong and what to do about it. Never holds a secret or a byte of what was sealed.
    package var message: String
    package var chunkIndex: UInt64?

    package init(_ code: Code, _ message: String, chunkIndex: UInt64? = nil) {
        self.code = code
        self.message = message
        self.chunkIndex = chunkIndex
    }

    package var description: String { "\(code): \(message)" }
}

extension SealError: SecretMemoryErrorConvertible {
    package init(secretMemory error: SecretMemoryError) {
        self.init(.secretMemory, error.description)
    }
}

extension SealError {
    static func cryptoFailure(_ operation: String) -> SealError {
        SealError(
            .cryptoFailure,
            "\(operation) failed in the cryptographic library. Check that it is OpenSSL 3, whole, and that its "
                + "configuration (openssl.cnf) allows the algorithm.")
    }

    static let truncated = SealError(
        .truncated, "the sealed stream ends before its last chunk. Restore it from a replica or a backup.")

    static let trailingData = SealError(
        .trailingData, "there are more bytes than the sealed stream has. Restore it from a replica or a backup.")

    static func chunkNotAuthentic(_ index: UInt64) -> SealError {
        SealError(
            .chunkNotAuthentic,
            "chunk \(index) of the sealed stream is not authentic: damaged, moved, or not the end it claims to be. "
                + "Restore it from a replica or a backup.", chunkIndex: index)
    }
}
