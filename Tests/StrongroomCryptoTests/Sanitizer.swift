import Foundation

/// Whether these tests run under a sanitizer (`make sanitize`). Sanitizers keep `mlock` from locking anything, and hold
/// copies of what they look at.
enum Sanitizer {
    static let isThere = ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains {
        ProcessInfo.processInfo.environment[$0] != nil
    }
}
