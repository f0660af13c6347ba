package import StrongroomSystem
package import SystemPackage

/// What a walk through all frames found. Changes nothing and opens nothing for writing.
package struct JournalReport: Sendable {
    package struct Segment: Sendable {
        package var id: UInt64
        package var path: FilePath
        package var sizeBytes: UInt64
        package var records = 0
        /// Bytes of headers and bodies, without padding.
        package var frameBytes: UInt64 = 0
        package var firstLSN: UInt64?
        package var lastLSN: UInt64?
    }

    /// Oldest first; without those whose header cannot be read.
    package var segments: [Segment] = []
    /// One for each damaged spot, with file and offset. A torn tail is none.
    package var findings: [StorageError] = []
}

extension Journal {
    /// Walks every frame of every segment and verifies all checksums, going on behind damage.
    ///
    /// - Parameters:
    ///   - storeID: nil accepts the segments of any store.
    ///   - appliedLSN: older segments may be missing if the catalog has their records.
    ///   - visit: called for each whole record.
    package static func inspect(
        directory: FilePath, fileSystem: any FileSystem, storeID: [UInt8]?, appliedLSN: UInt64,
        visit: (FrameLocation, JournalFrame) throws(StorageError) -> Void
    ) throws(StorageError) -> JournalReport {
        var inspection = JournalInspection(
            directory: directory, fileSystem: fileSystem, storeID: storeID, appliedLSN: appliedLSN)
        try inspection.run(visit)
        return inspection.report
    }
}

private struct JournalInspection {
    let directory: FilePath
    let fileSystem: any FileSystem
    let storeID: [UInt8]?
    let appliedLSN: UInt64
    var report = JournalReport()

    mutating func run(_ visit: (FrameLocation, JournalFrame) throws(StorageError) -> Void) throws(StorageError) {
        var segments: [(header: SegmentHeader, file: any StorageFile)] = []
        for case .segment(let id) in try fileSystem.list(directory).compactMap({ SegmentName($0) }).sorted() {
            do throws(StorageError) {
                let file = try fileSystem.open(SegmentName.segment(id: id).path(in: directory), .readOnly)
                segments.append((try SegmentHeader.read(file, segmentID: id, storeID: storeID), file))
                try noteDamagedCopies(file)
            } catch {
                report.findings.append(error)
            }
        }
        for (index, segment) in segments.enumerated() {
            checkChain(segment.header, segment.file, predecessor: index > 0 ? segments[index - 1].header : nil)
            let successor = index + 1 < segments.count ? segments[index + 1].header : nil
            let limit = successor?.predecessorID == segment.header.segmentID ? successor?.predecessorLastLSN : nil
            try walk(segment.header, segment.file, upTo: limit, isNewest: successor == nil, visit)
        }
    }

    /// One good copy serves, but the other's damage is worth knowing while there is one.
    private mutating func noteDamagedCopies(_ file: any StorageFile) throws(StorageError) {
        let bytes = try file.readBytes(at: 0, count: Int(SegmentHeader.regionBytes))
        for copy in 0..<SegmentHeader.copies {
            let start = copy * SegmentHeader.copyBytes
            let end = start + SegmentHeader.copyBytes
            if case .success = bytes.withRaw({ SegmentHeader.decode($0.extracting(start..<end)) }) { continue }
            report.findings.append(
                StorageError(
                    .corrupted, "one of the two copies of the segment's header is damaged; the other one serves",
                    path: file.path, offset: UInt64(start)))
        }
    }

    private mutating func checkChain(_ header: SegmentHeader, _ file: any StorageFile, predecessor: SegmentHeader?) {
        guard header.predecessorLastLSN > appliedLSN, predecessor?.segmentID != header.predecessorID else { return }
        report.findings.append(
            StorageError(
                .corrupted,
                "segment \(header.predecessorID) before it is missing, with records up to LSN "
                    + "\(header.predecessorLastLSN) that the catalog lacks", path: file.path))
    }

    private mutating func walk(
        _ header: SegmentHeader, _ file: any StorageFile, upTo limit: UInt64?, isNewest: Bool,
        _ visit: (FrameLocation, JournalFrame) throws(StorageError) -> Void
    ) throws(StorageError) {
        var scanner = SegmentScanner(file, header: header)
        var summary = JournalReport.Segment(id: header.segmentID, path: file.path, sizeBytes: header.sizeBytes)
        walking: while limit.map({ scanner.lastLSN < $0 }) ?? true {
            let step: SegmentScanner.Step
            do throws(StorageError) {
                step = try scanner.next(bodiesAfter: 0)
            } catch {
                report.findings.append(error)
                // Behind an unreadable spot the device may answer again, but what it says is for repair.
                guard error.code != .inputOutput, (try? scanner.skipDamage()) == true else { break walking }
                continue walking
            }
            switch step {
            case .frame(let frame, let location, let body):
                guard frame.type.isRecord, let body else { continue walking }
                summary.add(frame)
                try visit(
                    location, JournalFrame(type: frame.type, lsn: frame.lsn, syncedLSN: frame.syncedLSN, body: body))
            case .end(let end):
                do throws(StorageError) {
                    guard let finding = try judge(end, &scanner, limit: limit, isNewest: isNewest) else {
                        break walking
                    }
                    report.findings.append(finding)
                    guard try scanner.skipDamage() else { break walking }
                } catch {
                    report.findings.append(error)
                    break walking
                }
            }
        }
        report.segments.append(summary)
    }

    /// What an end means, by the rules of recovery; nil if it is where the segment may end.
    private func judge(
        _ end: SegmentScanner.End, _ scanner: inout SegmentScanner, limit: UInt64?, isNewest: Bool
    ) throws(StorageError) -> StorageError? {
        if let limit {
            return scanner.corrupted("LSN \(scanner.lastLSN &+ 1) is damaged; the segment reaches LSN \(limit)")
        }
        if isNewest, let successorID = scanner.successorID {
            return scanner.corrupted("the journal goes on in segment \(successorID), which is missing")
        }
        let missingLSN = scanner.lastLSN &+ 1
        if isNewest && missingLSN <= appliedLSN {
            return scanner.corrupted("the journal breaks off before LSN \(missingLSN), which was durable")
        }
        if end != .full, try scanner.laterPromise(of: missingLSN) != nil {
            return scanner.corrupted("LSN \(missingLSN) is damaged; a later frame says it was durable")
        }
        return nil
    }
}

extension JournalReport.Segment {
    fileprivate mutating func add(_ frame: FrameHeader) {
        records += 1
        frameBytes += frame.frameBytes
        firstLSN = firstLSN ?? frame.lsn
        lastLSN = frame.lsn
    }
}

extension SegmentName: Comparable {
    static func < (left: SegmentName, right: SegmentName) -> Bool { left.order < right.order }

    /// Segments first, by number.
    private var order: (Int, UInt64) {
        switch self {
        case .segment(let id): (0, id)
        case .spare(let number): (1, number)
        case .preparing(let number): (2, number)
        }
    }
}
