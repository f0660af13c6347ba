import StrongroomCrypto
import StrongroomKeyring
import StrongroomKeys
import Synchronization
import Testing

@testable import StrongroomKMS

/// What is due while the keyring cannot be written, or while many call at once.
@Suite struct DueWorkTests {
    private let audited: AuditedService

    init() throws { audited = try AuditedService() }

    private func names(_ records: ArraySlice<[String: Any]>) -> [String] {
        records.map { "\($0["eventName"] ?? "") \($0["errorCode"] ?? "")" }
    }

    /// Every call tried it again once: each left a record of a deletion that had not happened, and asked all stores.
    @Test func whatCannotBeWrittenIsNotTriedByEveryCall() async throws {
        let fails = Mutex(false)
        let service = try audited.open(creates: true) { step throws(KeyBackendError) in
            guard fails.withLock({ $0 }), step == .renameTemporary else { return }
            throw KeyBackendError(.unavailable, "The disk is full.")
        }
        let key = try await service.createKey()
        let sealed = try await service.generateDataKey(keyID: key.arn).wrapped
        _ = try await service.scheduleKeyDeletion(key.arn, pendingWindowDays: 7)
        let (count, questions) = (try audited.records().count, audited.host.questionCount)
        fails.withLock { $0 = true }
        audited.host.pass(days: 8)
        // It is gone for whoever asks, and stays gone, though that is not written down.
        for _ in 0..<20 { #expect(try await code { _ = try await service.decrypt(sealed) } == .notFound) }
        #expect(try await code { _ = try await service.cancelKeyDeletion(key.arn) } == .notFound)
        #expect(audited.host.questionCount == questions + 1)
        let due = try audited.records().dropFirst(count).filter { $0["eventName"] as? String == "DeleteKey" }
        #expect(names(due[...]) == ["DeleteKey ", "DeleteKey KMSInternalException"])
        #expect(due[0]["requestID"] as? String == due[1]["requestID"] as? String)
        #expect(!audited.host.logged.contains { $0.contains("as it was due") })

        fails.withLock { $0 = false }
        audited.host.pass(days: 0.001)
        #expect(try await service.status().keyCount == 1)
        let last = try audited.records().last { $0["eventName"] as? String == "DeleteKey" }
        #expect(last?["errorCode"] == nil && audited.host.logged.contains { $0.contains("as it was due") })
        await service.close()
    }

    @Test func manyCallsDoWhatIsDueOnce() async throws {
        let service = try audited.open(creates: true)
        let key = try await service.createKey()
        let other = try await service.createKey()
        _ = try await service.scheduleKeyDeletion(key.arn, pendingWindowDays: 7)
        let questions = audited.host.questionCount
        audited.host.pass(days: 8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 { group.addTask { _ = try await service.generateDataKey(keyID: other.arn) } }
            try await group.waitForAll()
        }
        #expect(audited.host.questionCount == questions + 1)
        #expect(try audited.records().count { $0["eventName"] as? String == "DeleteKey" } == 1)
        await service.close()
    }
}
