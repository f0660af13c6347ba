internal import StrongroomSystem

/// What the thread of a log does: takes what waits, writes it as one group, answers everybody.
struct AuditCommitter {
    private enum Work {
        /// Both at once: with records alone, whoever waits for a checkpoint would wait until nobody writes.
        case group([AuditQueue.Record], checkpoints: [CheckedContinuation<Result<SignedCheckpoint, AuditError>, Never>])
        case timedCheckpoint
        case close
    }

    private var writer: AuditLogWriter
    private let queue: Monitor<AuditQueue>
    private let clock: any StoreClock
    private let onFailure: @Sendable (AuditError) -> Void
    /// When the oldest record without a checkpoint was written, or a checkpoint was last tried.
    private var unsignedSinceNanoseconds: UInt64
    /// Then the next attempt waits for its time.
    private var hasFailedToSign = false

    init(
        _ writer: AuditLogWriter, _ queue: Monitor<AuditQueue>, _ clock: any StoreClock,
        _ onFailure: @escaping @Sendable (AuditError) -> Void
    ) {
        self.writer = writer
        self.queue = queue
        self.clock = clock
        self.onFailure = onFailure
        unsignedSinceNanoseconds = clock.bootNanoseconds()
    }

    mutating func run() {
        while true {
            switch next() {
            case .group(let records, let waiting):
                if !records.isEmpty { write(records) }
                if !waiting.isEmpty { answer(waiting, with: sign()) }
            case .timedCheckpoint: if case .failure(let error) = sign() { onFailure(error) }
            case .close:
                close()
                return
            }
        }
    }

    private func next() -> Work {
        let limit = writer.configuration.groupSizeBytesMax
        let hasWork = { (queue: inout AuditQueue) in
            !queue.records.isEmpty || !queue.checkpoints.isEmpty || queue.isClosing
        }
        let take = { (queue: inout AuditQueue) -> Work in
            if queue.records.isEmpty, queue.checkpoints.isEmpty { return .close }
            defer { queue.checkpoints = [] }
            return .group(queue.takeRecords(sizeBytesMax: limit), checkpoints: queue.checkpoints)
        }
        guard writer.hasUnsigned, !writer.isPoisoned else { return queue.wait(until: hasWork, take) }
        let due = unsignedSinceNanoseconds + writer.configuration.checkpointIntervalSeconds * 1_000_000_000
        let now = clock.bootNanoseconds()
        // Also while there is always something to write.
        guard now < due, !writer.mustCheckpoint || hasFailedToSign else { return .timedCheckpoint }
        return queue.wait(until: hasWork, timeoutNanoseconds: due - now) { queue, timedOut in
            timedOut ? .timedCheckpoint : take(&queue)
        }
    }

    private mutating func write(_ records: [AuditQueue.Record]) {
        if !writer.hasUnsigned { unsignedSinceNanoseconds = clock.bootNanoseconds() }
        do throws(AuditError) {
            let first = try writer.append(records.map(\.bytes))
            publish(failure: nil)
            for (index, record) in records.enumerated() {
                record.answer(.success(first + UInt64(index)))
            }
        } catch {
            publish(failure: error)
            for record in records { record.answer(.failure(error)) }
        }
    }

    private mutating func sign() -> Result<SignedCheckpoint, AuditError> {
        unsignedSinceNanoseconds = clock.bootNanoseconds()
        let result: Result<SignedCheckpoint, AuditError>
        do throws(AuditError) {
            result = .success(try writer.checkpoint())
            hasFailedToSign = false
            publish(failure: nil)
        } catch {
            result = .failure(error)
            hasFailedToSign = true
            publish(failure: error)
        }
        return result
    }

    private func answer(
        _ waiting: [CheckedContinuation<Result<SignedCheckpoint, AuditError>, Never>],
        with result: Result<SignedCheckpoint, AuditError>
    ) {
        for continuation in waiting { continuation.resume(returning: result) }
    }

    private mutating func close() {
        let ending: Result<Void, AuditError>
        do throws(AuditError) {
            ending = .success(try writer.close())
            publish(failure: nil)
        } catch {
            ending = .failure(error)
            publish(failure: error)
        }
        let closers = queue.withLock { queue in
            defer { queue.closers = [] }
            queue.ending = ending
            return queue.closers
        }
        for tell in closers { tell(ending) }
        if closers.isEmpty, case .failure(let error) = ending { onFailure(error) }
    }

    private func publish(failure: AuditError?) {
        let (size, newest) = (writer.size, writer.newest)
        queue.withLock { queue in
            queue.status.size = size
            queue.status.newest = newest
            queue.status.failure = failure?.message
        }
    }
}

extension AuditQueue {
    /// The oldest that fit a group; one at least, if there is one.
    fileprivate mutating func takeRecords(sizeBytesMax: Int) -> [Record] {
        var sizeBytes = 0
        let count = records.prefix { record in
            sizeBytes += AuditFrameHeader.sizeBytes + record.bytes.count
            return sizeBytes <= sizeBytesMax
        }.count
        let taken = Array(records.prefix(max(count, 1)))
        records.removeFirst(taken.count)
        return taken
    }
}
