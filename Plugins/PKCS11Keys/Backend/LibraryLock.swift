internal import StrongroomKeys
internal import Synchronization

/// Held while a library is made ready, and while it is asked for slots: in this process by one thread at a time.
///
/// SoftHSM, though made ready for threads, ends the process where two find at once that a token has come. And the
/// standard lets C_Initialize be called by one thread only.
///
/// Each library has its own: one that does not answer keeps nobody from the token of another.
final class LibraryLock: Sendable {
    /// Never fewer, as libraries are never unloaded.
    private static let all = Mutex<[[UInt8]: LibraryLock]>([:])
    private let isHeld = Mutex(())

    /// The one of the library with that content.
    static func of(_ library: ForeignLibrary) -> LibraryLock { of(sha256: library.sha256) }

    static func of(sha256: [UInt8]) -> LibraryLock {
        all.withLock { all in
            if let lock = all[sha256] { return lock }
            let lock = LibraryLock()
            all[sha256] = lock
            return lock
        }
    }

    /// Not to be called from within `body` for the same library.
    func withLock<Value: Sendable, Failure: Error>(
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try isHeld.withLock { (_) throws(Failure) in try body() }
    }
}
