import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import Testing

@testable import StrongroomStorage

/// What one task tells others.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

extension EmbeddedStorage {
    /// Compacts until there is nothing to gain.
    @discardableResult
    func compactAll() async throws(StorageError) -> CompactionReport {
        var report = CompactionReport()
        let lastID = newestSegmentID
        while let round = try await compact(through: lastID) { report += round }
        return report
    }

    /// Of segments that are not the newest.
    func sealedSpace() async throws -> (sizeBytes: UInt64, liveBytes: UInt64) {
        let sealed = try await statistics().segments.filter { !$0.isNewest }
        return (sealed.reduce(0) { $0 + $1.sizeBytes }, sealed.reduce(0) { $0 + $1.liveBytes })
    }

    /// Rows of which each tenth stays: none of their segments is dead.
    func putMixed(count: Int = 200) async throws {
        for number in 0..<count {
            try await metadata.put(
                key(number), bytes("\(number)"), .attachment(0),
                attachments: [payload(6_000, seed: UInt8(number % 250))])
        }
        for number in 0..<count where number % 10 != 0 { try await metadata.delete(key(number)) }
        try await settle()
    }

    func expectMixed(count: Int = 200) async throws {
        let rows = try await metadata.rows()
        #expect(rows.count == count / 10)
        for number in stride(from: 0, to: count, by: 10) {
            let pinned = try #require(try await metadata.pinnedRow(key(number)))
            #expect(pinned.row.value == bytes("\(number)"))
            #expect(try await pinned.payloadBytes() == payload(6_000, seed: UInt8(number % 250)))
        }
    }

    func expectSound() async throws {
        #expect(try await verify(readingBlobs: true).findings.map(\.error.description) == [])
    }
}
