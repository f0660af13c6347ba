internal import Synchronization

/// Process-wide policy and figures of the memory that secrets live in.
public enum SecretMemory {
    private static let unlockedAllowed = Atomic<Bool>(false)

    /// Accepts keys in memory that could not be locked and may therefore be swapped out. They stay
    /// excluded from core dumps and forked children. Applies to the whole process, from now on.
    public static func allowUnlocked() {
        unlockedAllowed.store(true, ordering: .relaxed)
    }

    static var isUnlockedAllowed: Bool { unlockedAllowed.load(ordering: .relaxed) }

    /// How much there is of what.
    package struct Statistics: Sendable, Equatable {
        package var liveCount = 0
        package var lockedBytes = 0
        /// Only ever above zero after `allowUnlocked()`.
        package var unlockedBytes = 0
    }

    package static var statistics: Statistics { SecretArena.shared.statistics }

    /// Throws in a forked child. Whoever holds a key outside secret memory (a cipher context in the
    /// middle of a stream) asks before each use: two processes that seal on from one state would use
    /// a nonce twice.
    package static func checkNotForked() throws(SecretMemoryError) {
        if SecretArena.shared.isWipedByFork { throw .wipedByFork }
    }
}
