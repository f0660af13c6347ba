internal import CStrongroomShims
internal import Glibc

/// The kernel's random generator, through getrandom(2).
package struct SystemRandom: RandomSource {
    package init() {}

    /// Traps where the kernel refuses: to go on with guessable keys would be worse than to stop.
    package func fill(_ buffer: inout MutableRawSpan) {
        unsafe buffer.withUnsafeMutableBytes { destination in
            var filled = 0
            while filled < destination.count {
                // Safe: the rest of the span, whose size bounds the write; `filled` is below its count.
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: destination[filled...])
                // Safe: as above. getrandom(2) may be interrupted, or return less than was asked
                // for, when more than 256 bytes are wanted.
                let count = unsafe strongroom_getrandom(rest.baseAddress, rest.count)
                if count > 0 {
                    filled += Int(count)
                } else if count != -Int64(EINTR) {
                    preconditionFailure(
                        "getrandom failed with errno \(-count): no key can be made. "
                            + "Allow the system call in the process's sandbox (seccomp) profile.")
                }
            }
        }
    }
}
