package import StrongroomSystem
package import SystemPackage

/// What repair has to know of a journal that nobody has open.
package struct JournalCondition: Sendable {
    /// Every record after this is in the chain of segments that ends with the newest whose header can be read.
    package var reachLSN: UInt64 = 0
    /// Segments of which one copy of the header is damaged and the other serves.
    package var halfHeaders: [FilePath] = []
    /// Headers of segments that lost both copies, made anew from what the segments hold; by id.
    fileprivate(set) var rebuilt: [UInt64: SegmentHeader] = [:]
    /// Files with a segment's name and no header that could be read or made anew, and why.
    package var unreadable: [StorageError] = []
    /// The first of them that is younger than every segment that can be read: the end of the log was in it.
    package var unreadableEnd: StorageError?
    fileprivate var highestID: UInt64 = 0
    /// Whether there is no file with a segment's name.
    package var isEmpty = true

    /// Whether a header was made anew without the segment before it, whose file may have had an earlier life.
    package var beginsUnchecked: Bool { rebuilt.contains { $0.key > 1 && $0.value.predecessorID == 0 } }

    /// No new segment gets one of these numbers.
    package mutating func reserve(_ ids: Set<UInt64>) {
        highestID = ids.filter { $0 < JournalNumber.greatestEnd }.reduce(highestID) { max($0, $1) }
    }

    /// The files of those whose header can be made anew.
    package func rebuiltPaths(in directory: FilePath) -> [FilePath] {
        rebuilt.keys.sorted().map { SegmentName.segment(id: $0).path(in: directory) }
    }
}

extension JournalCondition {
    /// The header of a segment, read or made anew; nil where neither can be.
    fileprivate mutating func header(
        of id: UInt64, _ file: any StorageFile, after predecessor: (header: SegmentHeader, file: any StorageFile)?,
        storeID: [UInt8]
    ) throws(StorageError) -> SegmentHeader? {
        do throws(StorageError) {
            let header = try SegmentHeader.read(file, segmentID: id, storeID: storeID)
            if try SegmentHeader.goodCopyCount(file) < SegmentHeader.copies { halfHeaders.append(file.path) }
            return header
        } catch  where error.code == .corrupted {
            // Behind one that cannot be read nobody knows where a segment should begin.
            if unreadableEnd == nil {
                rebuilt[id] = try SegmentHeaderRebuilding(storeID: storeID).header(of: id, file, after: predecessor)
            }
            if rebuilt[id] == nil {
                unreadable.append(error)
                unreadableEnd = unreadableEnd ?? error
            }
            return rebuilt[id]
        }
    }
}

extension Journal {
    /// Looks at the headers of all segments; changes nothing.
    package static func condition(
        directory: FilePath, fileSystem: any FileSystem, storeID: [UInt8]
    ) throws(StorageError) -> JournalCondition {
        var condition = JournalCondition()
        var headers: [SegmentHeader] = []
        // The segment before the one that is looked at, where its header is known.
        var predecessor: (header: SegmentHeader, file: any StorageFile)?
        let names = try fileSystem.list(directory)
        // An id is never used again, not even that of a file which was put away: rows may still name it.
        condition.highestID = names.compactMap { segmentID(ofAside: $0) }.max() ?? 0
        for name in names.compactMap({ SegmentName($0) }).sorted() {
            guard case .segment(let id) = name else { continue }
            condition.isEmpty = false
            condition.highestID = max(condition.highestID, id)
            let file = try fileSystem.open(name.path(in: directory), .readOnly)
            guard let header = try condition.header(of: id, file, after: predecessor, storeID: storeID) else {
                continue
            }
            condition.unreadableEnd = nil
            headers.append(header)
            predecessor = (header, file)
        }
        condition.reachLSN = reach(headers)
        return condition
    }

    private static func segmentID(ofAside name: String) -> UInt64? {
        guard let end = name.firstRange(of: ".aside-")?.lowerBound,
            case .segment(let id) = SegmentName(String(name[..<end]))
        else { return nil }
        return id
    }

    private static func reach(_ headers: [SegmentHeader]) -> UInt64 {
        guard var first = headers.last else { return 0 }
        for predecessor in headers.reversed().dropFirst() {
            guard predecessor.segmentID == first.predecessorID else { break }
            first = predecessor
        }
        return first.predecessorLastLSN
    }

    /// Why opening with a catalog of these LSNs would be refused; nil where it would not.
    ///
    /// - Parameters:
    ///   - condition: headers that were made anew count as if they were written, and unreadable files as if they
    ///     were not there.
    ///   - visit: called for each record that the catalog lacks; what it throws as `corrupted` is a reason, too.
    package static func fault(
        directory: FilePath, fileSystem: any FileSystem, storeID: [UInt8], appliedLSN: UInt64, containedLSN: UInt64,
        in condition: JournalCondition, visit: (FrameLocation, JournalFrame) throws(StorageError) -> Void
    ) throws(StorageError) -> StorageError? {
        let recovery = JournalRecovery(
            directory: directory, fileSystem: fileSystem, storeID: storeID, appliedLSN: appliedLSN,
            durableLSN: max(appliedLSN, containedLSN), ignored: Set(condition.unreadable.compactMap(\.path)),
            rebuilt: condition.rebuilt)
        do throws(StorageError) {
            _ = try recovery.run(visit)
            return nil
        } catch  where error.code == .corrupted {
            return error
        }
    }

    /// Writes a damaged copy of a segment's header anew, from the one that serves; both, where they were made anew.
    package static func mendHeader(
        _ path: FilePath, _ condition: JournalCondition, fileSystem: any FileSystem, storeID: [UInt8]
    ) throws(StorageError) {
        guard let name = path.lastComponent, case .segment(let id) = SegmentName(name.string) else {
            preconditionFailure("only a segment has a header to mend")
        }
        let file = try fileSystem.open(path, .readWrite)
        let header: SegmentHeader
        if let rebuilt = condition.rebuilt[id] {
            header = rebuilt
        } else {
            header = try SegmentHeader.read(file, segmentID: id, storeID: storeID)
        }
        try file.write(header.encoded(), at: 0)
        try file.synchronizeData()
    }

    /// Makes a new, empty segment with which the journal goes on after `lsn`, whatever the others say: for a journal
    /// of which everything that can be read is in the catalog. Durable on return.
    package static func beginAnew(
        after lsn: UInt64, _ condition: JournalCondition, directory: FilePath, fileSystem: any FileSystem,
        storeID: [UInt8], random: any RandomSource, configuration: JournalConfiguration
    ) throws(StorageError) {
        guard condition.highestID < JournalNumber.greatestEnd else {
            throw StorageError(
                .corrupted,
                "a file of the journal has the number \(condition.highestID), which no store comes to; move it away",
                path: directory)
        }
        let sizeBytes = configuration.initialSegmentBytes
        let header = SegmentHeader(
            // Predecessors that are damaged count no more: the chain begins here.
            segmentID: condition.highestID + 1, storeID: storeID, predecessorID: 0, predecessorLastLSN: lsn,
            salt: random.bytes(8).withRaw { $0.littleEndian(at: 0, as: UInt64.self) }, sizeBytes: sizeBytes)
        let spare = SegmentName.preparing(number: 0).path(in: directory)
        if try fileSystem.status(spare) != nil { try fileSystem.remove(spare) }
        let file = try fileSystem.open(spare, .create)
        try file.allocate(sizeBytes: sizeBytes)
        try file.write(header.encoded(), at: 0)
        try file.synchronizeData()
        try fileSystem.rename(spare, to: SegmentName.segment(id: header.segmentID).path(in: directory))
        try fileSystem.synchronizeDirectory(directory)
    }
}

extension SegmentHeader {
    static func goodCopyCount(_ file: any StorageFile) throws(StorageError) -> Int {
        let bytes = try file.readBytes(at: 0, count: Int(regionBytes))
        return (0..<copies).count { copy in
            guard bytes.count >= (copy + 1) * copyBytes else { return false }
            let decoded = bytes.withRaw { decode($0.extracting(copy * copyBytes..<(copy + 1) * copyBytes)) }
            if case .success = decoded { return true }
            return false
        }
    }
}
