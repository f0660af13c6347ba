internal import CStrongroomShims
internal import Glibc
internal import Synchronization

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

    /// Drawn from the kernel in blocks, which saves three of the five calls that a put would make.
    package func bytes(_ count: Int) -> [UInt8] {
        if count <= RandomBlock.sizeBytes / 8 { return RandomBlock.shared.withLock { $0.take(count, from: self) } }
        var bytes = [UInt8](repeating: 0, count: count)
        fill(&bytes)
        return bytes
    }

    fileprivate func fill(_ bytes: inout [UInt8]) {
        var span = bytes.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        fill(&raw)
    }
}

/// Random bytes that are no secret and that nobody was given yet.
private struct RandomBlock {
    static let sizeBytes = 1_024
    static let shared = Mutex(RandomBlock())

    private var bytes: [UInt8] = []
    private var position = 0
    /// A forked child has a copy of the block: what it takes from there, its parent takes too.
    private var generation = Forks.generation

    mutating func take(_ count: Int, from random: SystemRandom) -> [UInt8] {
        if bytes.count - position < count || generation != Forks.generation {
            bytes = [UInt8](repeating: 0, count: Self.sizeBytes)
            random.fill(&bytes)
            position = 0
            generation = Forks.generation
        }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }
}

/// How often this process and those it descends from have been forked.
private enum Forks {
    private static let count = Atomic(0)
    private static let isCounted: Bool = {
        // Safe: the handler captures nothing and may run in any child.
        let status = pthread_atfork(nil, nil, { Forks.count.add(1, ordering: .relaxed) })
        precondition(status == 0, "no memory for a fork handler")
        return true
    }()

    static var generation: Int {
        assert(isCounted)
        return isCounted ? count.load(ordering: .relaxed) : 0
    }
}
