internal import Foundation

/// Whether tests run under a sanitizer (`make sanitize`): these keep `mlock` from locking anything, and have memory of
/// their own, terabytes of it by name, beside each byte of the program's.
package enum Sanitizer {
    package static let isThere = ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains {
        ProcessInfo.processInfo.environment[$0] != nil
    }
}
