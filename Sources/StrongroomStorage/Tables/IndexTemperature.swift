internal import Synchronization

/// Whether looking up a row in the index waits for the disk.
///
/// While it does not, the committer and tasks look rows up themselves: measured with 64 writers, a hop to another
/// thread for each commit costs ten times as much as the look-up. Once it does, tasks have their rows
/// fetched by several threads before they come to the committer, who would make everybody wait for one
/// page after the other.
final class IndexTemperature: Sendable {
    /// A page that is not in memory takes about 100 µs here, a look-up in pages that are about 1 µs.
    private static let coldNanoseconds: UInt64 = 20_000
    private static let hotNanoseconds: UInt64 = 8_000
    /// A look-up counts for no more: a thread whose processor is taken away in the middle waits for milliseconds, which
    /// is no page of a disk. Disks that are slower than this make the index cold with one look-up in 25.
    private static let nanosecondsMaximum: UInt64 = 500_000
    /// How many look-ups the running mean remembers.
    private static let memory: UInt64 = 256

    private let mean = Atomic<UInt64>(0)
    private let isColdFlag = Atomic(false)

    var isCold: Bool { isColdFlag.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - lookUps: how many rows were looked up, at least one.
    ///   - nanoseconds: how long all of them took.
    func note(lookUps: Int, nanoseconds: UInt64) {
        let count = min(UInt64(lookUps), Self.memory)
        let each = nanoseconds / UInt64(lookUps)
        // Two that note at once may lose one of the notes: it is an estimate.
        let before = mean.load(ordering: .relaxed)
        let after = (before * (Self.memory - count) + min(each, Self.nanosecondsMaximum) * count) / Self.memory
        mean.store(after, ordering: .relaxed)
        if after > Self.coldNanoseconds {
            isColdFlag.store(true, ordering: .relaxed)
        } else if after < Self.hotNanoseconds {
            isColdFlag.store(false, ordering: .relaxed)
        }
    }
}
