import ReplayDisk

/// The measure of the recorder itself: replayed whole, the recording gives the very files that are on the disk.
enum Comparison {
    static func run(_ recording: Recording, directory: String) throws {
        var disk = try ReplayedDisk(recording)
        var (writes, synced, syncs) = (0, 0, 0)
        for call in recording.calls {
            try disk.apply(call)
            switch call {
            case .write(_, _, _, let isSynced):
                writes += 1
                if isSynced { synced += 1 }
            case .synchronize: syncs += 1
            default: break
            }
        }
        let found = try DiskImage(loading: directory)
        let differences = disk.surviving(.none).differences(to: found)
        guard differences.isEmpty, !found.entries.isEmpty else {
            throw ReplayError("the recording and the disk differ in \(differences): it misses calls")
        }
        // LMDB writes its meta pages so: without any, this is not the recording of what it should be.
        let through = recording.writesThroughCount
        guard through > 0 else { throw ReplayError("nothing was written through a descriptor with O_DSYNC") }
        let history = try History(of: recording)
        say(
            "replay: recorded \(recording.calls.count) calls (\(writes) writes, \(synced - through) of them with RWF_DSYNC, "
                + "\(through) through O_DSYNC, \(syncs) syncs, \(history.entries.count) commits): replayed, all \(found.entries.count) files and "
                + "directories are as on the disk")
    }
}
