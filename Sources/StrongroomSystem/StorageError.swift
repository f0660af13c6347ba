package import SystemPackage

/// A fault below the engine: what failed, at which file and offset, and what to do about it.
///
/// Lower floors throw only this; the engine turns it into its public `StoreError` with the same code.
package struct StorageError: Error, Sendable, CustomStringConvertible {
    /// What kind of fault it is. Extensible: compare with the static members, never switch exhaustively.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        package let rawValue: String
        package init(_ rawValue: String) { self.rawValue = rawValue }
        package var description: String { rawValue }

        package static let notFound = Code("notFound")
        package static let alreadyExists = Code("alreadyExists")
        package static let permissionDenied = Code("permissionDenied")
        package static let inputOutput = Code("inputOutput")
        package static let diskFull = Code("diskFull")
        package static let descriptorLimit = Code("descriptorLimit")
        /// Another process (or this one) has the store open.
        package static let locked = Code("locked")
        /// Stored bytes contradict themselves or what was promised to be durable.
        package static let corrupted = Code("corrupted")
        package static let unsupportedFormat = Code("unsupportedFormat")
        /// A write or sync failed: what became durable is unknown until the store is reopened.
        package static let durabilityUnknown = Code("durabilityUnknown")
        package static let closed = Code("closed")
        package static let limitExceeded = Code("limitExceeded")
        package static let invalidArgument = Code("invalidArgument")
        package static let cancelled = Code("cancelled")
        /// A follower has fallen behind what is kept of the journal.
        package static let positionExpired = Code("positionExpired")
    }

    package var code: Code
    /// What went wrong and how it may be remedied. Never holds a secret or a byte of an object.
    package var message: String
    package var path: FilePath?
    /// Byte offset in `path`.
    package var offset: UInt64?
    package var systemError: Errno?

    package init(
        _ code: Code, _ message: String, path: FilePath? = nil, offset: UInt64? = nil, systemError: Errno? = nil
    ) {
        self.code = code
        self.message = message
        self.path = path
        self.offset = offset
        self.systemError = systemError
    }

    /// Whether this process lacked something (a descriptor, a place among the readers, an open store): that
    /// says nothing of what is stored.
    package var isShortage: Bool { [.descriptorLimit, .limitExceeded, .closed, .cancelled].contains(code) }

    package var description: String {
        var text = "\(code): \(message)"
        if let path { text += " [\(path)" + (offset.map { " at byte \($0)" } ?? "") + "]" }
        if let systemError { text += " (\(systemError))" }
        return text
    }
}
