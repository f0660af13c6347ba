import Foundation

/// The size to which this process may write files.
enum FileSizeLimit {
    /// From now on every write to a file fails; pipes are no files.
    static func setToZero() {
        // Without this, the first such write ends the process.
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        let status = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        precondition(status == 0, "the limit cannot be set")
    }
}
