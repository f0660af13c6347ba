import StrongroomStorage
import StrongroomSystem
import Synchronization
import Testing

@testable import Strongroom

/// Calls that look at several rows, one after the other, or look and then write, while others write in between.
@Suite("Interrupted looks")
struct InterruptedLookTests {
    /// Does something, once, right after a row was looked at, or right before a commit that reads it.
    private final class Interruption: Sendable {
        private enum Moment: Equatable { case afterLook([UInt8]), beforeCommit([UInt8]) }

        private let plan = Mutex<(moment: Moment, work: @Sendable () async throws -> Void)?>(nil)

        func after(_ rowKey: [UInt8], _ work: @escaping @Sendable () async throws -> Void) {
            plan.withLock { $0 = (.afterLook(rowKey), work) }
        }

        func beforeCommit(of rowKey: [UInt8], _ work: @escaping @Sendable () async throws -> Void) {
            plan.withLock { $0 = (.beforeCommit(rowKey), work) }
        }

        fileprivate func hasLooked(at rowKey: [UInt8]) async { await run { $0 == .afterLook(rowKey) } }

        fileprivate func willCommit(_ reads: [[UInt8]]) async {
            await run { moment in reads.contains { moment == .beforeCommit($0) } }
        }

        private func run(_ isNow: (Moment) -> Bool) async {
            let work = plan.withLock { plan -> (@Sendable () async throws -> Void)? in
                guard let planned = plan, isNow(planned.moment) else { return nil }
                plan = nil
                return planned.work
            }
            do { try await work?() } catch { Issue.record(error) }
        }
    }

    private struct InterruptedMetadata: MetadataStore {
        let base: any MetadataStore
        let interruption: Interruption

        func read<Value: Sendable, Failure: Error>(
            _ body: @escaping @Sendable (any MetadataSnapshot) throws(Failure) -> Value
        ) async throws(MetadataReadError<Failure>) -> Value {
            try await base.read(body)
        }

        func pinnedRow(_ key: [UInt8]) async throws(StorageError) -> (any PinnedRow)? {
            let row = try await base.pinnedRow(key)
            await interruption.hasLooked(at: key)
            return row
        }

        func follow(after lsn: UInt64, through last: UInt64?) -> any CommitFollower {
            base.follow(after: lsn, through: last)
        }
        func endFollowing() { base.endFollowing() }

        func commit<Refusal: Sendable>(
            reads: [[UInt8]], attachments: [[UInt8]], meanwhile: @escaping @Sendable () -> Void,
            decide: @escaping @Sendable (CommitView) -> Decision<Refusal>
        ) async throws(StorageError) -> CommitOutcome<Refusal> {
            await interruption.willCommit(reads)
            return try await base.commit(reads: reads, attachments: attachments, meanwhile: meanwhile, decide: decide)
        }
    }

    private func withInterruptedBucket(
        _ body: (Bucket, Interruption) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let interruption = Interruption()
        let store = try await Store.open(at: directory.store, options: .forTests)
            .over { InterruptedMetadata(base: $0, interruption: interruption) }
        try await body(try await store.createBucket("bucket", objectLock: true), interruption)
        try await store.close()
    }

    @Test("A lock finds the object that came in place of a delete marker")
    func lockOfWhatCame() async throws {
        try await withInterruptedBucket { bucket, interruption in
            try await bucket.delete("key")
            let code = try await errorCode { try await bucket.setLegalHold(true, of: "key") }
            #expect(code == .methodNotAllowed)
            let rowKey = RowKey.current(try bucket.engine.bucket("bucket").row.uid, "key")
            interruption.after(rowKey) { try await bucket.put("key", [1]) }
            try await bucket.setLegalHold(true, of: "key")
            #expect(try await bucket.head("key").legalHold)
        }
    }

    /// The policy of the old bucket stood in the new one, whoever that belonged to.
    @Test("A document for a bucket that is replaced meanwhile does not reach the new one of its name")
    func documentOfAnotherBucket() async throws {
        try await withInterruptedBucket { bucket, interruption in
            for document in [[1, 2, 3], nil] as [[UInt8]?] {
                if document == nil { try await bucket.setDocument([7], .policy) }
                let uid = try bucket.engine.bucket("bucket").row.uid
                let store = Store(engine: bucket.engine, requester: .root)
                interruption.beforeCommit(of: RowKey.bucketDocument(uid, .policy)) {
                    try await store.deleteBucket("bucket")
                    try await store.createBucket("bucket").setDocument([9], .policy)
                }
                #expect(try await errorCode { try await bucket.setDocument(document, .policy) } == .conflict)
                #expect(try await bucket.document(.policy) == [9])
                #expect(try await store.verify().isSound)
            }
        }
    }

    @Test("An upload that is aborted meanwhile is none, not one without parts")
    func abortedMeanwhile() async throws {
        try await withInterruptedBucket { bucket, interruption in
            let uid = try bucket.engine.bucket("bucket").row.uid
            for isCompletion in [false, true] {
                let upload = try await bucket.createUpload("key").id
                let part = CompletedPart(try await bucket.uploadPart(1, of: "key", upload, [1]))
                interruption.after(RowKey.upload(uid, "key", upload.bytes)) {
                    try await bucket.abortUpload("key", upload)
                    await bucket.engine.parts.settle()
                }
                let code = try await errorCode {
                    if isCompletion {
                        _ = try await bucket.completeUpload("key", upload, parts: [part])
                    } else {
                        _ = try await bucket.listParts("key", upload)
                    }
                }
                #expect(code == .noSuchUpload)
            }
        }
    }
}
