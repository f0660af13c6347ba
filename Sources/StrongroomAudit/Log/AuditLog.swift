internal import StrongroomCrypto
package import StrongroomSystem
internal import Synchronization

/// A log that many write to at the same time: a thread of its own gathers their records, makes them durable together,
/// and signs checkpoints in time.
package final class AuditLog: Sendable {
    /// What is known of a log without asking the disk.
    package struct Status: Sendable, Equatable {
        package var key: AuditVerifierKey
        /// How many records are durable.
        package var size: UInt64
        /// The newest checkpoint.
        package var newest: SignedCheckpoint?
        /// Why the last attempt to write failed; nil once one has succeeded.
        package var failure: String?
    }

    private let queue: Monitor<AuditQueue>
    private let thread: DedicatedThread

    /// Takes over a writer.
    ///
    /// - Parameters:
    ///   - writer: an opened log.
    ///   - clock: by which checkpoints are due.
    ///   - onFailure: told of what fails while nobody waits for it. Must return at once.
    package init(
        _ writer: AuditLogWriter, clock: any StoreClock, onFailure: @escaping @Sendable (AuditError) -> Void
    ) {
        let queue = Monitor(AuditQueue(writer))
        self.queue = queue
        thread = DedicatedThread(name: "audit") {
            var committer = AuditCommitter(writer, queue, clock, onFailure)
            committer.run()
        }
    }

    deinit {
        // Whoever did not close it has lost nothing but the last checkpoint, which is signed on the way out.
        queue.withLock { $0.isClosing = true }
        queue.signal()
    }

    /// Returns the record's index once it is durable. Fails where it may not be: then nothing may be released.
    package func append(_ record: [UInt8]) async throws(AuditError) -> UInt64 {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<UInt64, AuditError>, Never>) in
            enqueue({ queue in
                queue.records.append(.init(bytes: record) { continuation.resume(returning: $0) })
            }) { continuation.resume(returning: .failure($0)) }
        }
        return try result.get()
    }

    /// The same for a thread that may block.
    package func appendBlocking(_ record: [UInt8]) throws(AuditError) -> UInt64 {
        let answer = Monitor<Result<UInt64, AuditError>?>(nil)
        let tell: @Sendable (Result<UInt64, AuditError>) -> Void = { result in
            answer.withLock { $0 = result }
            answer.signal()
        }
        enqueue({ $0.records.append(.init(bytes: record, answer: tell)) }) { tell(.failure($0)) }
        return try answer.wait(until: { $0 != nil }) { result throws(AuditError) in
            guard let result else { preconditionFailure("an answer that was waited for is not there") }
            return try result.get()
        }
    }

    /// Signs what there is.
    package func checkpoint() async throws(AuditError) -> SignedCheckpoint {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<SignedCheckpoint, AuditError>, Never>) in
            enqueue({ $0.checkpoints.append(continuation) }) { continuation.resume(returning: .failure($0)) }
        }
        return try result.get()
    }

    /// Writes what waits, signs it, and ends. Later calls fail with `closed`.
    package func close() async throws(AuditError) {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Void, AuditError>, Never>) in
            close { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// The same for a thread that may block.
    package func closeBlocking() throws(AuditError) {
        let answer = Monitor<Result<Void, AuditError>?>(nil)
        close { result in
            answer.withLock { $0 = result }
            answer.signal()
        }
        try answer.wait(until: { $0 != nil }) { result throws(AuditError) in
            guard let result else { preconditionFailure("an answer that was waited for is not there") }
            try result.get()
        }
    }

    private func close(_ tell: @escaping @Sendable (Result<Void, AuditError>) -> Void) {
        let ending = queue.withLock { queue in
            if queue.ending == nil { queue.closers.append(tell) }
            queue.isClosing = true
            return queue.ending
        }
        queue.signal()
        if let ending { tell(ending) }
    }

    /// What is known now.
    package var status: Status { queue.withLock { $0.status } }

    private func enqueue(_ add: (inout AuditQueue) -> Void, orFail fail: (AuditError) -> Void) {
        let isAccepted = queue.withLock { queue in
            if queue.isClosing { return false }
            add(&queue)
            return true
        }
        if isAccepted {
            queue.signal()
        } else {
            fail(AuditError(.closed, "The audit log has been closed; open it again."))
        }
    }
}

/// What waits for the log's thread, and what it has told.
struct AuditQueue: Sendable {
    struct Record: Sendable {
        var bytes: [UInt8]
        var answer: @Sendable (Result<UInt64, AuditError>) -> Void
    }

    var records: [Record] = []
    var checkpoints: [CheckedContinuation<Result<SignedCheckpoint, AuditError>, Never>] = []
    var closers: [@Sendable (Result<Void, AuditError>) -> Void] = []
    var isClosing = false
    /// How it ended, once it has.
    var ending: Result<Void, AuditError>?
    var status: AuditLog.Status

    init(_ writer: AuditLogWriter) {
        status = AuditLog.Status(key: writer.key, size: writer.size, newest: writer.newest)
    }
}
