import StrongroomJournal
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

extension DamagedLife {
    /// Rows are what the model says. Each payload is, too, or reading it fails and says why, or a verification names
    /// it: on this floor payloads are handed out as they are, for those check them who open their seals.
    mutating func look(_ model: StoreModel) async throws {
        let (lsn, values) = try await storage.metadata.read { snapshot throws(StorageError) in
            var values: [[UInt8]: [UInt8]] = [:]
            try snapshot.scan(from: [], to: nil) { key, row in
                values[key] = row.value
                return .next
            }
            return (snapshot.lsn, values)
        }
        let expected = try model.recover(at: lsn).get()
        guard values == expected.mapValues(\.value) else {
            throw Discrepancy("other rows than were written, at \(lsn)")
        }
        var wrong: [(key: [UInt8], place: PayloadLocation)] = []
        for (key, row) in expected {
            do throws(StorageError) {
                let (bytes, place) = try await payload(of: key)
                if bytes != row.payload?.bytes ?? [] { wrong.append((key, place)) }
            } catch {
                try hear(error)
            }
        }
        try await expectTold(wrong)
    }

    private func payload(of key: [UInt8]) async throws(StorageError) -> (bytes: [UInt8], place: PayloadLocation) {
        guard let pinned = try await storage.metadata.pinnedRow(key) else {
            throw StorageError(.notFound, "a look-up misses a row that a scan finds")
        }
        guard case .blob(let reference) = pinned.row.payload else {
            return (try await pinned.payloadBytes(), pinned.row.payload)
        }
        let reader = try await storage.blobs.open(reference, expecting: somePrelude)
        return (try await reader.read(at: 0, count: Int(reference.lengthBytes)), pinned.row.payload)
    }

    /// Each of these is known to whoever verifies: by its key, or by its file.
    private mutating func expectTold(_ wrong: [(key: [UInt8], place: PayloadLocation)]) async throws {
        guard !wrong.isEmpty else { return }
        let findings = try await damage.asksVerification ? storage.verify(readingBlobs: true).findings : []
        for (key, place) in wrong {
            let path = Self.segmentPath(of: place)
            let isKnown = findings.contains { $0.key == key || path != nil && $0.error.path == path }
            guard isKnown else { throw Discrepancy("another payload than was written, and nobody says so: \(place)") }
        }
        outcome.told += wrong.count
    }

    private static func segmentPath(of place: PayloadLocation) -> FilePath? {
        guard case .segment(let id, _, _) = place else { return nil }
        return journal.appending(Journal.segmentFileName(id: id))
    }

    private static var journal: FilePath { SimulatedMachine.directory.appending("journal") }

    // MARK: - After a sudden end

    /// The last commit that must be there: that which a later frame says was durable, and all before the first that is
    /// damaged. Damage behind that looks like the torn tail of a group of which nobody was told.
    ///
    /// In a first life no frames but those of commits stand between two of them.
    func promisedLSN(appliedLSN: UInt64) throws -> UInt64 {
        var promised = appliedLSN
        var whole: Set<UInt64> = []
        _ = try Journal.inspect(
            directory: Self.journal, fileSystem: machine.fileSystem, storeID: SimulatedMachine.storeID,
            appliedLSN: appliedLSN
        ) { (place, frame) throws(StorageError) in
            promised = max(promised, frame.syncedLSN)
            if !mayBeAstray(place) { whole.insert(frame.lsn) }
        }
        var reached = appliedLSN
        while whole.contains(reached + 1) { reached += 1 }
        return max(promised, reached)
    }

    /// Whether a frame may be one that is not where it belongs.
    private func mayBeAstray(_ place: FrameLocation) -> Bool {
        guard let misdirection, let landing = misdirection.landing else { return false }
        return misdirection.path == Self.journal.appending(Journal.segmentFileName(id: place.segmentID))
            && (landing..<landing + UInt64(misdirection.sizeBytes)).contains(place.bodyOffset)
    }
}
