#if CommandLineTool
internal import Glibc

/// What it means that a process was ended which read a catalog for another one.
enum CatalogReading {
    /// Nil where a damaged catalog does that: LMDB asserts, and reads where a page tells it to.
    static func failure(endedBy signal: Int32) -> CommandFailure? {
        switch signal {
        case SIGABRT, SIGBUS, SIGSEGV: nil
        case SIGILL, SIGTRAP:
            CommandFailure(
                .verificationFailed,
                "the process that looked at the store met an error of this program (signal \(signal)); nothing was "
                    + "changed. Report it, with what is in the store's journal, and restore the store from a backup")
        default:
            // Such as the kernel's, for want of memory.
            CommandFailure(
                .verificationFailed,
                "the process that looked at the store was ended by signal \(signal); nothing was changed. Try again")
        }
    }
}
#endif
