/// How long a group took, and what follows for the next.
package struct GroupTimes: Equatable, Sendable {
    /// Commits that it decided, refused ones too.
    package var commitCount = 1
    /// From its first decision until its callers were told.
    package var nanoseconds: UInt64 = 0
    /// Of that, in writes and syncs.
    package var writeNanoseconds: UInt64 = 0

    /// What tasks do for a commit takes about so many times as long as what the committer does, on all processors
    /// together (measured with two).
    private static let taskShare: UInt64 = 2

    /// How many of the writers the next group waits for.
    ///
    /// All of them where a write takes longer than all of them need to come back: a sync is saved for each. Else
    /// half of them: the others seal while the disk works, and neither waits for the other.
    func awaitedCount(writers: Int) -> Int {
        let ownNanoseconds = nanoseconds - min(writeNanoseconds, nanoseconds)
        let returnNanoseconds = Self.taskShare * ownNanoseconds * UInt64(writers) / UInt64(max(commitCount, 1))
        return writeNanoseconds > returnNanoseconds ? writers : (writers + 1) / 2
    }
}
