import Foundation

/// Whether these tests run under a sanitizer (`make sanitize`): they keep `mlock` from locking anything.
enum Sanitizer {
    static let isThere = ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains {
        ProcessInfo.processInfo.environment[$0] != nil
    }
}
