package import StrongroomSystem
package import SystemPackage

extension Journal {
    /// Walks every frame of every segment and verifies all checksums, going on behind damage. Throws only
    /// where nobody could look, as without descriptors: what it finds is in the report.
    ///
    /// - Parameters:
    ///   - storeID: nil accepts the segments of any store.
    ///   - appliedLSN: older segments may be missing if the catalog has their records.
    ///   - extent: where to stop in a journal that is being written to, and what must be there; its segments
    ///     must not be recycled meanwhile. Nil for one that nobody writes to: the directory says what there is.
    ///   - fileName: of a segment, where segments have other names than a journal gives them; then with an extent.
    ///   - condition: of a journal that is being repaired; headers that were made anew count as if they were written.
    ///   - visit: called for each whole record.
    package static func inspect(
        directory: FilePath, fileSystem: any FileSystem, storeID: [UInt8]?, appliedLSN: UInt64,
        upTo extent: JournalExtent? = nil, fileName: ((UInt64) -> String)? = nil, in condition: JournalCondition? = nil,
        visit: (FrameLocation, JournalFrame) throws(StorageError) -> Void
    ) throws(StorageError) -> JournalReport {
        var inspection = JournalInspection(
            directory: directory, fileSystem: fileSystem, storeID: storeID, appliedLSN: appliedLSN, extent: extent,
            fileName: fileName ?? { SegmentName.segment(id: $0).text }, rebuilt: condition?.rebuilt ?? [:])
        try inspection.run(visit)
        return inspection.report
    }
}

private struct JournalInspection {
    let directory: FilePath
    let fileSystem: any FileSystem
    let storeID: [UInt8]?
    let appliedLSN: UInt64
    let extent: JournalExtent?
    let fileName: (UInt64) -> String
    let rebuilt: [UInt64: SegmentHeader]
    var report = JournalReport()

    mutating func run(_ visit: (FrameLocation, JournalFrame) throws(StorageError) -> Void) throws(StorageError) {
        // Headers first, files one at a time: a large journal has more segments than a process has descriptors.
        var headers: [SegmentHeader] = []
        for id in try segmentIDs() {
            if let header = rebuilt[id] {
                headers.append(header)
                continue
            }
            _ = try noting { (inspection) throws(StorageError) in
                let file = try inspection.open(id)
                headers.append(try SegmentHeader.read(file, segmentID: id, storeID: inspection.storeID))
                try inspection.noteDamagedCopies(file)
            }
        }
        for (index, header) in headers.enumerated() {
            let file = try noting { (inspection) throws(StorageError) in try inspection.open(header.segmentID) }
            guard let file else { continue }
            checkChain(header, file, predecessor: index > 0 ? headers[index - 1] : nil)
            let successor = index + 1 < headers.count ? headers[index + 1] : nil
            try walk(
                header, file, upTo: limit(of: header, successor: successor),
                endsLog: successor == nil && extent == nil, visit)
        }
    }

    /// Oldest first.
    private func segmentIDs() throws(StorageError) -> [UInt64] {
        if let extent { return extent.segmentIDs }
        return try fileSystem.list(directory).compactMap { SegmentName($0) }.sorted().compactMap { name in
            if case .segment(let id) = name { id } else { nil }
        }
    }

    private func open(_ segmentID: UInt64) throws(StorageError) -> any StorageFile {
        let path = directory.appending(fileName(segmentID))
        do throws(StorageError) {
            return try fileSystem.open(path, .readOnly)
        } catch  where error.code == .notFound {
            throw StorageError(
                .corrupted,
                "a segment of the journal is missing; put the file back, or run repair",
                path: path)
        }
    }

    /// The LSN behind which nothing in a segment counts, and whether it must reach it; nil where none is known.
    ///
    /// Where the chain begins anew, after a repair or a restore, older segments may hold what was given up by that.
    private func limit(of header: SegmentHeader, successor: SegmentHeader?) -> (lsn: UInt64, isRequired: Bool)? {
        if let successor { return (successor.predecessorLastLSN, successor.predecessorID == header.segmentID) }
        guard let extent, extent.segmentIDs.last == header.segmentID else { return nil }
        return (extent.lastLSN, true)
    }

    /// What `body` returns; nil when it failed, which is a finding unless it means that nobody could look.
    private mutating func noting<Value>(
        _ body: (inout JournalInspection) throws(StorageError) -> Value
    ) throws(StorageError) -> Value? {
        do throws(StorageError) {
            return try body(&self)
        } catch  where !error.isShortage {
            report.findings.append(error)
            return nil
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
        _ header: SegmentHeader, _ file: any StorageFile, upTo limit: (lsn: UInt64, isRequired: Bool)?, endsLog: Bool,
        _ visit: (FrameLocation, JournalFrame) throws(StorageError) -> Void
    ) throws(StorageError) {
        var scanner = SegmentScanner(file, header: header)
        var summary = JournalReport.Segment(id: header.segmentID, path: file.path, sizeBytes: header.sizeBytes)
        let requiredLSN = limit.flatMap { $0.isRequired ? $0.lsn : nil }
        walking: while limit.map({ scanner.lastLSN < $0.lsn }) ?? true {
            let start = scanner.position
            let step: SegmentScanner.Step
            do throws(StorageError) {
                step = try scanner.next(bodiesAfter: 0)
            } catch {
                report.findings.append(error)
                // Behind an unreadable spot the device may answer again, but what it says is for repair.
                guard error.code != .inputOutput else { break walking }
                let goesOn = (try? scanner.skipDamage()) == true
                noteIfContained(header, from: start, goesOn ? scanner : nil, limit)
                guard goesOn else { break walking }
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
                    guard let finding = try judge(end, &scanner, limit: requiredLSN, endsLog: endsLog) else {
                        break walking
                    }
                    report.findings.append(finding)
                    let goesOn = try scanner.skipDamage()
                    noteIfContained(header, from: start, goesOn ? scanner : nil, limit)
                    guard goesOn else { break walking }
                } catch {
                    report.findings.append(error)
                    break walking
                }
            }
        }
        report.segments.append(summary)
    }

    /// - Parameters:
    ///   - next: where it goes on behind the damage; nil where it does not.
    ///   - limit: of the segment.
    private mutating func noteIfContained(
        _ header: SegmentHeader, from start: UInt64, _ next: SegmentScanner?,
        _ limit: (lsn: UInt64, isRequired: Bool)?
    ) {
        let isGivenUp = limit.map { !$0.isRequired } ?? false
        let lastLSN = next?.lastLSN ?? limit?.lsn ?? .max
        let end = next?.position ?? header.sizeBytes
        guard isGivenUp || lastLSN <= appliedLSN, start < end else { return }
        report.contained.append(
            .init(
                segmentID: header.segmentID, lastLSN: isGivenUp ? nil : lastLSN, range: start..<end,
                findingIndex: report.findings.count - 1))
    }

    /// What an end means, by the rules of recovery; nil if it is where the segment may end.
    private func judge(
        _ end: SegmentScanner.End, _ scanner: inout SegmentScanner, limit: UInt64?, endsLog: Bool
    ) throws(StorageError) -> StorageError? {
        if let limit {
            return scanner.corrupted("LSN \(scanner.lastLSN &+ 1) is damaged; the segment reaches LSN \(limit)")
        }
        if endsLog, let successorID = scanner.successorID {
            return scanner.corrupted("the journal goes on in segment \(successorID), which is missing")
        }
        let missingLSN = scanner.lastLSN &+ 1
        if endsLog && missingLSN <= appliedLSN {
            return scanner.corrupted("the journal breaks off before LSN \(missingLSN), which was durable")
        }
        if end != .full, try scanner.laterPromise(of: missingLSN) != nil {
            return scanner.corrupted("LSN \(missingLSN) is damaged; a later frame says it was durable")
        }
        return nil
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
